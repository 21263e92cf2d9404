namespace Vault.Server.Http;

internal static class ExitCodes
{
    /// <summary><c>EX_CONFIG</c> of sysexits.h: the configuration is wrong, so a supervisor need not try again.</summary>
    public const int RefusedToStart = 78;
}
