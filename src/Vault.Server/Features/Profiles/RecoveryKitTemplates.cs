namespace Vault.Server.Features.Profiles;

/// <summary>The files of a kit that are the same for everyone, and the templates of the others. All are embedded in the program.</summary>
internal static class RecoveryKitTemplates
{
    /// <summary>Built from wwwroot-assets; they open backups without Vault.</summary>
    public static readonly IReadOnlyList<string> Openers = ["recover.html", "recover.mjs"];

    public static IEnumerable<(string Name, ReadOnlyMemory<byte> Content)> ReadOpeners()
    {
        foreach (var name in Openers)
        {
            if (Open(name) is not { } stream)
                continue;
            using var content = new MemoryStream();
            using (stream)
                stream.CopyTo(content);
            yield return (name, content.ToArray());
        }
    }

    public static string Read(string name)
    {
        using var reader = new StreamReader(Open(name) ?? throw new InvalidOperationException($"{name} is not embedded."));
        return reader.ReadToEnd();
    }

    private static Stream? Open(string name) => typeof(RecoveryKitTemplates).Assembly.GetManifestResourceStream(name);
}
