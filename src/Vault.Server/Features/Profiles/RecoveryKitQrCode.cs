using System.Collections;
using System.Globalization;
using QRCoder;

namespace Vault.Server.Features.Profiles;

/// <summary>The key as a QR code, drawn as SVG: one rectangle for each run of dark modules in a row.</summary>
internal static class RecoveryKitQrCode
{
    /// <param name="text">64 characters. Level Q: a quarter of the code may be lost to a fold or a coffee stain.</param>
    public static void Draw(byte[] text, RecoveryKitText to)
    {
        using var code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.Q);
        var rows = code.ModuleMatrix;
        to.Append(Invariant($"<svg class=\"qr\" viewBox=\"0 0 {rows.Count} {rows.Count}\" role=\"img\" aria-label=\"QR code of the master key\" shape-rendering=\"crispEdges\">"));
        to.Append(Invariant($"<rect width=\"{rows.Count}\" height=\"{rows.Count}\" fill=\"#fff\"/><path fill=\"#000\" d=\""));
        for (var y = 0; y < rows.Count; y++)
            DrawRow(rows[y], y, to);
        to.Append("\"/></svg>");
        foreach (var row in rows)
            row.SetAll(false);
    }

    private static void DrawRow(BitArray row, int y, RecoveryKitText to)
    {
        for (var x = 0; x < row.Length; x++)
        {
            var start = x;
            while (x < row.Length && row[x])
                x++;
            if (x > start)
                to.Append(Invariant($"M{start} {y}h{x - start}v1h-{x - start}z"));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
