using Vault.Core.Formats;
using Vault.Core.Keys;

namespace Vault.Core.Pipeline;

/// <summary>Reads a stored file whole. Encrypted: says whether its tag is right. Not encrypted: there is nothing to say but its bytes.</summary>
internal static class FileProof
{
    public static async Task<bool> IsRightAsync(Stream file, MasterKey? key, byte[]? iv, byte[]? tag, Action<ReadOnlyMemory<byte>> observe, CancellationToken cancel)
    {
        if (key is not null)
        {
            return await StandardFormat.VerifyAsync(file, key, iv!, tag!, observe, cancel);
        }

        var buffer = GC.AllocateUninitializedArray<byte>(1 << 20);
        int read;
        while ((read = await file.ReadAsync(buffer, cancel)) > 0)
        {
            observe(buffer.AsMemory(0, read));
        }

        return true;
    }
}
