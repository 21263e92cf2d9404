using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>A script that lies in a backup. Vault proves its own before it stores them; one that pg_dump did not begin need not have its end.</summary>
internal sealed class StoredScriptProof : IDumpProof
{
    private readonly PlainProof proof = new();

    public IReadOnlyList<TableRows> Tables => proof.Tables;

    public string Seen => proof.Seen;

    public void Observe(ReadOnlySpan<byte> bytes) => proof.Observe(bytes);

    public Problem? Conclude() => proof.ConcludeRestore();
}

/// <summary>An archive that lies in a backup. Of a version that is newer than this Vault nothing can be said; that is no damage.</summary>
internal sealed class StoredArchiveProof : IDumpProof
{
    private readonly ArchiveProof proof = new();

    public IReadOnlyList<TableRows> Tables => proof.Tables;

    public string Seen => proof.Seen;

    public void Observe(ReadOnlySpan<byte> bytes) => proof.Observe(bytes);

    public Problem? Conclude() => proof.IsUnknownVersion ? null : proof.Conclude();
}
