using Vault.Core;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;

namespace Vault.Cli.Backups;

/// <summary>A backup file as it lies in a folder, with what stands beside it. Nothing of it is proved.</summary>
/// <param name="Head">Its first bytes.</param>
/// <param name="MetadataProblem">Why there is metadata and it cannot be used.</param>
internal sealed record BackupOnDisk(string Path, long SizeBytes, DateTimeOffset ChangedAt, byte[] Head, BackupMetadata? Metadata, Problem? MetadataProblem)
{
    private const int HeadBytes = 512;
    private const long MostMetadataBytes = 32 << 20;

    private static ReadOnlySpan<byte> SealedMagic => "VLTSEAL1"u8;

    public string MetadataPath => ObjectNames.MetadataOf(Path);

    /// <summary>The file tells itself what it is; metadata only adds comfort.</summary>
    public bool IsSealed => Head.AsSpan().StartsWith(SealedMagic);

    /// <summary>Null when nothing tells: no metadata, and the file is not of the sealed format.</summary>
    public bool? IsEncrypted => IsSealed ? true : Metadata?.IsEncrypted;

    /// <param name="path">The file; the name of its metadata is taken for it too.</param>
    /// <exception cref="ProblemException">There is no such file, or it may not be read.</exception>
    public static BackupOnDisk Read(string path)
    {
        if (ObjectNames.IsMetadata(path)) path = path[..^ObjectNames.MetadataSuffix.Length];
        try
        {
            if (Directory.Exists(path))
                throw new ProblemException("file-missing", $"{path} is a folder, not a backup.", "Name a file in it; see them with: vaultctl list FOLDER");
            using var file = Open(path);
            var head = new byte[HeadBytes];
            head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
            var metadata = ReadMetadata(ObjectNames.MetadataOf(path));
            return new(path, file.Length, File.GetLastWriteTimeUtc(path), head, metadata is { IsOk: true } read ? read.Value : null, metadata?.Problem);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ProblemException("file-missing", $"There is no file {path}.", "Correct the name; the backups of a folder are shown by: vaultctl list FOLDER", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("file-unreadable", $"{path} could not be read ({error.Message.TrimEnd('.')}).", "Check the disk and the rights on the file.", error);
        }
    }

    /// <exception cref="ProblemException">The metadata cannot be used, and without it the file does not open.</exception>
    public BackupFile ToFile() => MetadataProblem is not null && !IsSealed
        ? throw new ProblemException(MetadataProblem)
        : new BackupFile(Path, Metadata, _ => Task.FromResult<Stream>(Open(Path)), SizeBytes);

    private static FileStream Open(string path) => new(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });

    /// <summary>Null: there is none.</summary>
    private static Result<BackupMetadata>? ReadMetadata(string path)
    {
        try
        {
            if (!File.Exists(path)) return null;
            return new FileInfo(path).Length > MostMetadataBytes
                ? new Problem("metadata-garbage", $"{path} is larger than any metadata, so it was not read.", "Put the backup's own .meta.json back beside it.")
                : BackupMetadata.Parse(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new Problem("metadata-unreadable", $"{path} could not be read ({error.Message.TrimEnd('.')}).", "Check the disk and the rights on the file.");
        }
    }
}
