namespace Vault.Server.Features.Profiles;

/// <summary>The files of a kit that are the same for everyone, and the templates of the others. All are embedded in the program.</summary>
internal static class RecoveryKitTemplates
{
    /// <summary>Built from wwwroot-assets; they open backups without Vault.</summary>
    public static readonly IReadOnlyList<string> Openers = ["recover.html", "recover.mjs"];

    public static (string Name, ReadOnlyMemory<byte> Content) ReadOpener(string name)
    {
        using var stream = Open(name);
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return (name, content);
    }

    public static string Read(string name)
    {
        using var reader = new StreamReader(Open(name));
        return reader.ReadToEnd();
    }

    private static Stream Open(string name) => typeof(RecoveryKitTemplates).Assembly.GetManifestResourceStream(name)
        ?? throw new InvalidOperationException($"{name} is not embedded.");
}
