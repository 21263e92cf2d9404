using Vault.Core;
using Vault.Core.Formats;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;

namespace Vault.Cli.Backups;

/// <summary>A backup file as it lies in a folder, with what stands beside it. Nothing of it is proved.</summary>
/// <param name="Header">Null: the file is not of the sealed format.</param>
/// <param name="MetadataProblem">Why there is metadata and it cannot be used.</param>
internal sealed record BackupOnDisk(string Path, long SizeBytes, DateTimeOffset ChangedAt, Result<SealedHeader>? Header, BackupMetadata? Metadata, Problem? MetadataProblem)
{
    private const long MostMetadataBytes = 32 << 20;

    public string MetadataPath => ObjectNames.MetadataOf(Path);

    /// <summary>The file tells itself what it is; metadata only adds comfort.</summary>
    public bool IsSealed => Header is not null;

    public bool IsFromPassword => Header is { IsOk: true } header ? header.Value.IsFromPassword : Metadata?.Encryption?.IsFromPassword is true;

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
            using var file = Open(path, 0);
            var header = ReadHeader(file);
            var metadata = ReadMetadata(ObjectNames.MetadataOf(path));
            if (header is { IsOk: true } own && metadata is { IsOk: true } other && !IsOf(other.Value, own.Value)) metadata = Foreign(ObjectNames.MetadataOf(path));
            return new(path, file.Length, File.GetLastWriteTimeUtc(path), header, metadata is { IsOk: true } read ? read.Value : null, metadata?.Problem);
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

    public BackupFile ToFile() => new(Path, Metadata, (offset, _) => Task.FromResult<Stream>(Open(Path, offset)), SizeBytes) { MetadataProblem = MetadataProblem };

    private static FileStream Open(string path, long offset)
    {
        var file = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        file.Position = offset;
        return file;
    }

    private static Result<SealedHeader>? ReadHeader(FileStream file)
    {
        var head = new byte[SealedHeader.Size];
        head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        return SealedHeader.HasMagic(head) ? SealedHeader.Parse(head) : (Result<SealedHeader>?)null;
    }

    private static bool IsOf(BackupMetadata metadata, SealedHeader header) =>
        metadata.IsEncrypted && Convert.ToHexString(header.Salt).Equals(metadata.Encryption!.Iv, StringComparison.OrdinalIgnoreCase);

    private static Problem Foreign(string path) => new("metadata-foreign", $"{path} is not the metadata of this file.", "Put the backup's own .meta.json back beside it.");

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
