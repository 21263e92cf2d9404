using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using Vault.Core.Keys;

namespace Vault.Server.Features.Profiles;

/// <summary>key.txt and key.html: a template, with the key written in as bytes so that no string ever holds it.</summary>
internal sealed partial class RecoveryKitKeyFile(RecoveryKitFacts facts, MasterKey key) : IDisposable
{
    private const int GroupSize = 4;
    private const int GroupsInRow = 4;

    private readonly byte[] hex = ToHex(key);

    public RecoveryKitText Text() => Fill("RecoveryKitKey.txt", plain => plain, " ", "\n    ");

    public RecoveryKitText Page() => Fill("RecoveryKitKey.html", HtmlEncoder.Default.Encode, "</td><td>", "</td></tr>\n<tr><td>");

    public void Dispose() => CryptographicOperations.ZeroMemory(hex);

    private RecoveryKitText Fill(string template, Func<string, string> encode, string betweenGroups, string betweenRows)
    {
        var written = new RecoveryKitText();
        var text = RecoveryKitTemplates.Read(template);
        var at = 0;
        foreach (var place in Place().EnumerateMatches(text))
        {
            written.Append(text.AsSpan(at, place.Index - at));
            at = place.Index + place.Length;
            Write(text[(place.Index + 2)..(at - 2)], written, encode, betweenGroups, betweenRows);
        }
        return written.Append(text.AsSpan(at));
    }

    private void Write(string place, RecoveryKitText to, Func<string, string> encode, string betweenGroups, string betweenRows)
    {
        switch (place)
        {
            case "key": to.Append(hex); break;
            case "groups": WriteGroups(to, betweenGroups, betweenRows); break;
            case "qr": RecoveryKitQrCode.Draw(hex, to); break;
            case "profile": to.Append(encode(RecoveryKitFacts.OneLine(facts.ProfileName))); break;
            case "fingerprint": to.Append(facts.Fingerprint); break;
            case "made": to.Append(facts.MadeAtText); break;
            case "vault": to.Append(encode(RecoveryKitFacts.OneLine(facts.Vault))); break;
            case "count": to.Append(facts.Backups.Count == 1 ? "1 backup" : $"{facts.Backups.Count} backups"); break;
            default: throw new InvalidOperationException($"The template has a place \"{place}\" that nothing fills.");
        }
    }

    private void WriteGroups(RecoveryKitText to, string betweenGroups, string betweenRows)
    {
        for (var at = 0; at < hex.Length; at += GroupSize)
        {
            if (at > 0)
                to.Append(at % (GroupSize * GroupsInRow) == 0 ? betweenRows : betweenGroups);
            to.Append(hex.AsSpan(at, GroupSize));
        }
    }

    private static byte[] ToHex(MasterKey key)
    {
        var hex = GC.AllocateUninitializedArray<byte>(MasterKey.SizeBytes * 2, pinned: true);
        Convert.TryToHexStringLower(key.Bytes, hex, out _);
        return hex;
    }

    [GeneratedRegex(@"\{\{[a-z]+\}\}")]
    private static partial Regex Place();
}
