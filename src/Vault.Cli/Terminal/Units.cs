namespace Vault.Cli.Terminal;

internal static class Units
{
    private static readonly string[] Names = ["bytes", "kB", "MB", "GB", "TB"];

    public static string Size(double bytes)
    {
        var step = 0;
        for (; bytes >= 1000 && step < Names.Length - 1; step++) bytes /= 1000;
        return step == 0 ? $"{bytes:0} {Names[0]}" : $"{bytes:0.0} {Names[step]}";
    }

    public static string Left(TimeSpan time) => time switch
    {
        { TotalHours: >= 1 } => $"{(int)time.TotalHours} h {time.Minutes:00} min",
        { TotalMinutes: >= 1 } => $"{time.Minutes} min {time.Seconds:00} s",
        _ => $"{Math.Ceiling(time.TotalSeconds):0} s",
    };
}
