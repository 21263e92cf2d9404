using Vault.Bench;

// compare calls this; by hand:  measure COMMAND…  |  backup FOLDER DATABASE FORMAT METHOD LEVEL DUMP  |  restore FOLDER DATABASE JOBS
return args switch
{
    ["measure", .. var command] => Measured.Run(command),
    ["backup", var folder, var database, var format, var method, var level, var dump] => await VaultRun.BackUpAsync(folder, database, format, method, int.Parse(level), dump),
    ["restore", var folder, var database, var jobs] => await VaultRun.RestoreAsync(folder, database, int.Parse(jobs)),
    _ => 2,
};
