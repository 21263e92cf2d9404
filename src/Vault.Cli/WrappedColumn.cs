namespace Vault.Cli;

/// <summary>A column of the vault database that holds values wrapped with the system key. A test compares this list with the server's model.</summary>
/// <param name="RowId">Only this row is wrapped; null: all rows are.</param>
internal sealed record WrappedColumn(string Table, string IdColumn, string Column, string? RowId = null)
{
    public static readonly WrappedColumn Check = new("Settings", "Name", "Value", "SystemKeyCheck");

    public static readonly IReadOnlyList<WrappedColumn> All =
    [
        Check,
        new("Settings", "Name", "Value", "Webhook"),
        new("Sources", "Id", "WrappedSecrets"),
        new("Destinations", "Id", "WrappedSecrets"),
        new("EncryptionProfiles", "Id", "WrappedMasterKey"),
        new("Runs", "Id", "WrappedPassword"),
        new("DataProtectionKeys", "Id", "WrappedXml"),
    ];
}
