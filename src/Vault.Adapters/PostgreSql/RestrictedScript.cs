using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Vault.Adapters.PostgreSql;

/// <summary>
/// A plain dump on its way to psql, under a <c>\restrict</c> of Vault's own: psql then runs no backslash command in it, neither
/// <c>\!</c> (a program on Vault's machine) nor <c>\connect</c> (another database). The key is made here, so the script cannot
/// know it; the <c>\restrict</c> that pg_dump wrote gives way, for its key stands in the script (CVE-2025-8714, -8715).
/// </summary>
internal sealed partial class RestrictedScript
{
    private const int HeadBytes = 4096, TailBytes = 256;
    private readonly ArrayBufferWriter<byte> pending = new();
    private byte[] kept = [];
    private bool isHeadSeen;
    private string? writtenKey;

    /// <summary>What psql reads first.</summary>
    public byte[] Opening { get; } = Encoding.ASCII.GetBytes($"\\restrict {RandomNumberGenerator.GetHexString(32)}\n");

    /// <summary>What may be passed on now; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> bytes)
    {
        pending.ResetWrittenCount();
        pending.Write(kept);
        pending.Write(bytes);
        kept = [];
        if (!isHeadSeen && pending.WrittenCount >= HeadBytes) DropRestrict();
        var most = isHeadSeen ? TailBytes : HeadBytes;
        kept = pending.WrittenSpan[^Math.Min(most, pending.WrittenCount)..].ToArray();
        return pending.WrittenMemory[..(pending.WrittenCount - kept.Length)];
    }

    /// <summary>The last bytes, after the dump's end.</summary>
    public ReadOnlyMemory<byte> End()
    {
        Take([]);
        pending.ResetWrittenCount();
        pending.Write(kept);
        if (!isHeadSeen) DropRestrict();
        var tail = pending.WrittenMemory;
        var match = writtenKey is null ? Match.Empty : Unrestrict().Match(Encoding.Latin1.GetString(tail.Span));
        return match.Success && match.Groups[1].Value == writtenKey ? tail[..match.Index] : tail;
    }

    /// <summary>Only before the first statement, where pg_dump writes it; anywhere else it is not pg_dump's.</summary>
    private void DropRestrict()
    {
        isHeadSeen = true;
        var match = Restrict().Match(Encoding.Latin1.GetString(pending.WrittenSpan));
        if (!match.Success) return;
        writtenKey = match.Groups[1].Value;
        var line = match.Groups[1].Index - "\\restrict ".Length;
        byte[] rest = [.. pending.WrittenSpan[..line], .. pending.WrittenSpan[(match.Index + match.Length)..]];
        pending.ResetWrittenCount();
        pending.Write(rest);
    }

    [GeneratedRegex(@"\A(?:(?:--[^\n]*)?\n)*\\restrict ([A-Za-z0-9]+)\n")]
    private static partial Regex Restrict();

    [GeneratedRegex(@"(?<=\n)\\unrestrict ([A-Za-z0-9]+)\n*\z")]
    private static partial Regex Unrestrict();
}
