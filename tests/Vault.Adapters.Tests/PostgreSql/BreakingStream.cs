namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>Yields some bytes and then fails, or does something else instead.</summary>
internal sealed class BreakingStream(byte[] content, int goodBytes, Action? instead = null) : MemoryStream(content)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var left = goodBytes - (int)Position;
        if (left > 0) return await base.ReadAsync(buffer[..Math.Min(buffer.Length, left)], cancellationToken);
        if (instead is null) throw new InvalidDataException("the tag does not match");
        instead();
        cancellationToken.ThrowIfCancellationRequested();
        return 0;
    }
}
