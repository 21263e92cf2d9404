using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Vault.Core.Keys;

namespace Vault.Server.Features.Profiles;

/// <summary>
/// The kit as it is sent: some hundred kB, made whole before the first byte goes out, so that the browser knows its length and
/// tells a download that broke off. It stands at one place in memory and is zeroed at the end.
/// </summary>
internal sealed class RecoveryKitZip : IDisposable
{
    /// <summary>rw------- of a file, where the unpacking program cares.</summary>
    private const int OwnerOnly = 0x8180 << 16;

    private const int RoomForHeaders = 1024;

    private readonly byte[] bytes;
    private readonly int length;

    private RecoveryKitZip(string fileName, byte[] bytes, int length) => (FileName, this.bytes, this.length) = (fileName, bytes, length);

    public string FileName { get; }

    public ReadOnlyMemory<byte> Content => bytes.AsMemory(0, length);

    public static RecoveryKitZip Make(RecoveryKitFacts facts, MasterKey key)
    {
        using var keyFile = new RecoveryKitKeyFile(facts, key);
        using var page = keyFile.Page();
        using var text = keyFile.Text();
        List<(string Name, ReadOnlyMemory<byte> Content)> files =
        [
            ("README.txt", Encoding.UTF8.GetBytes(RecoveryKitTemplates.Read("RecoveryKitReadme.txt"))), ("key.html", page.Written), ("key.txt", text.Written),
            .. RecoveryKitTemplates.Openers.Select(RecoveryKitTemplates.ReadOpener),
            ("backups.txt", RecoveryKitList.Text(facts)), ("backups.json", RecoveryKitList.Json(facts)),
        ];
        // As large as it can become, because a stream that grows leaves copies behind. Pinned: the collector makes none.
        var bytes = GC.AllocateUninitializedArray<byte>(files.Sum(f => f.Content.Length + f.Content.Length / 64 + RoomForHeaders), pinned: true);
        return new(facts.FileName, bytes, Write(files, facts.MadeAt, bytes));
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(bytes);

    private static int Write(List<(string Name, ReadOnlyMemory<byte> Content)> files, DateTimeOffset at, byte[] to)
    {
        using var written = new MemoryStream(to);
        using (var zip = new ZipArchive(written, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in files)
            {
                var entry = zip.CreateEntry(name, CompressionLevel.Optimal);
                (entry.LastWriteTime, entry.ExternalAttributes) = (at, OwnerOnly);
                using var stream = entry.Open();
                stream.Write(content.Span);
            }
        return (int)written.Position;
    }
}
