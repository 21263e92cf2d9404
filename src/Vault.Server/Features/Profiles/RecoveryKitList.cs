using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Vault.Server.Features.Shell;

namespace Vault.Server.Features.Profiles;

/// <summary>backups.txt and backups.json: what the key opens, and where it stands.</summary>
internal static class RecoveryKitList
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Json(RecoveryKitFacts facts) => JsonSerializer.SerializeToUtf8Bytes(
        new { Version = 1, Profile = facts.ProfileName, KeyFingerprint = facts.Fingerprint, facts.MadeAt, facts.Vault, facts.Destinations, facts.Backups }, Readable);

    public static byte[] Text(RecoveryKitFacts facts)
    {
        var text = new StringBuilder();
        text.Append($"What the key of \"{Line(facts.ProfileName)}\" opens (fingerprint {facts.Fingerprint})\n");
        text.Append($"As {Line(facts.Vault)} knew it on {facts.MadeAtText}. Backups made later with the same key open too.\n\n");
        text.Append("WHERE THE BACKUPS ARE\n\n");
        foreach (var destination in facts.Destinations)
            Write(destination, text);
        text.Append(facts.Destinations.Count == 0 ? "  No destination holds a backup of this key yet.\n\n" : "");
        text.Append($"BACKUPS: {facts.Backups.Count}, newest first (times in UTC)\n\n");
        foreach (var backup in facts.Backups)
            Write(backup, text);
        text.Append(facts.Backups.Count == 0 ? "  None yet.\n" : "");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Write(RecoveryKitDestination destination, StringBuilder text)
    {
        text.Append($"  {Line(destination.Name)} ({destination.Kind})\n");
        foreach (var (label, value) in destination.Settings)
            text.Append($"      {label}: {Line(value)}\n");
        text.Append('\n');
    }

    private static void Write(RecoveryKitBackup backup, StringBuilder text)
    {
        text.Append($"  {RecoveryKitFacts.Instant(backup.StartedAt)}  {Line(backup.Job)}, source {Line(backup.Source)} ({Line(backup.Engine)}: {Line(backup.Databases)})\n");
        text.Append($"      {Line(backup.DumpFormat)} dump, {Line(backup.Compression)}, {Line(backup.Format ?? "standard")} format, state {backup.State}\n");
        foreach (var copy in backup.Copies)
            text.Append($"      {Units.Size(copy.SizeBytes)} in {Line(copy.Destination)}: {Line(copy.Object)}\n");
        text.Append('\n');
    }

    private static string Line(string text) => RecoveryKitFacts.OneLine(text);
}
