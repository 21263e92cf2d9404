CREATE TABLE "Accounts" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_Accounts" PRIMARY KEY,
    "Role" TEXT NOT NULL,
    "CreatedAt" INTEGER NOT NULL,
    "UserName" TEXT NULL,
    "NormalizedUserName" TEXT NULL,
    "Email" TEXT NULL,
    "NormalizedEmail" TEXT NULL,
    "EmailConfirmed" INTEGER NOT NULL,
    "PasswordHash" TEXT NULL,
    "SecurityStamp" TEXT NULL,
    "ConcurrencyStamp" TEXT NULL,
    "PhoneNumber" TEXT NULL,
    "PhoneNumberConfirmed" INTEGER NOT NULL,
    "TwoFactorEnabled" INTEGER NOT NULL,
    "LockoutEnd" INTEGER NULL,
    "LockoutEnabled" INTEGER NOT NULL,
    "AccessFailedCount" INTEGER NOT NULL
);

CREATE TABLE "Audit" (
    "Id" INTEGER NOT NULL CONSTRAINT "PK_Audit" PRIMARY KEY AUTOINCREMENT,
    "At" INTEGER NOT NULL,
    "Actor" TEXT NOT NULL,
    "Address" TEXT NULL,
    "Action" TEXT NOT NULL,
    "Subject" TEXT NULL,
    "Outcome" TEXT NOT NULL
);

CREATE TABLE "Backups" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_Backups" PRIMARY KEY,
    "State" TEXT NOT NULL,
    "JobId" TEXT NULL,
    "SourceId" TEXT NULL,
    "RunId" TEXT NULL,
    "JobName" TEXT NOT NULL,
    "SourceName" TEXT NOT NULL,
    "Engine" TEXT NOT NULL,
    "Databases" TEXT NOT NULL,
    "EngineVersion" TEXT NULL,
    "ToolVersion" TEXT NULL,
    "DumpFormat" TEXT NOT NULL,
    "StartedAt" INTEGER NOT NULL,
    "FinishedAt" INTEGER NOT NULL,
    "Description" TEXT NULL,
    "StartedBy" TEXT NULL,
    "IsEncrypted" INTEGER NOT NULL,
    "ProfileId" TEXT NULL,
    "ProfileName" TEXT NULL,
    "KeyFingerprint" TEXT NULL,
    "Format" TEXT NULL,
    "Compression" TEXT NOT NULL,
    "DumpSizeBytes" INTEGER NULL,
    "CompressedSizeBytes" INTEGER NULL,
    "StoredSizeBytes" INTEGER NOT NULL,
    "DumpSha256" TEXT NULL,
    "StoredSha256" TEXT NULL,
    "TablesJson" TEXT NULL
);

CREATE TABLE "DataProtectionKeys" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_DataProtectionKeys" PRIMARY KEY,
    "FriendlyName" TEXT NOT NULL,
    "WrappedXml" TEXT NOT NULL,
    "CreatedAt" INTEGER NOT NULL
);

CREATE TABLE "Destinations" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_Destinations" PRIMARY KEY,
    "Name" TEXT NOT NULL,
    "Store" TEXT NOT NULL,
    "SettingsJson" TEXT NOT NULL,
    "WrappedSecrets" TEXT NULL,
    "CreatedAt" INTEGER NOT NULL
);

CREATE TABLE "EncryptionProfiles" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_EncryptionProfiles" PRIMARY KEY,
    "Name" TEXT NOT NULL,
    "WrappedMasterKey" TEXT NOT NULL,
    "KeyFingerprint" TEXT NOT NULL,
    "IsEnabled" INTEGER NOT NULL,
    "IsImported" INTEGER NOT NULL,
    "CreatedAt" INTEGER NOT NULL,
    "KeyCopiedAt" INTEGER NULL
);

CREATE TABLE "Runs" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_Runs" PRIMARY KEY,
    "Kind" TEXT NOT NULL,
    "State" TEXT NOT NULL,
    "JobId" TEXT NULL,
    "BackupId" TEXT NULL,
    "Title" TEXT NOT NULL,
    "StartedBy" TEXT NOT NULL,
    "QueuedAt" INTEGER NOT NULL,
    "StartedAt" INTEGER NULL,
    "FinishedAt" INTEGER NULL,
    "Phase" TEXT NULL,
    "DoneBytes" INTEGER NOT NULL,
    "TotalBytes" INTEGER NULL,
    "ProblemCode" TEXT NULL,
    "ProblemMessage" TEXT NULL,
    "ProblemNext" TEXT NULL,
    "RequestJson" TEXT NOT NULL,
    "KeptAs" TEXT NULL,
    "MayHaveLeftovers" INTEGER NOT NULL
);

CREATE TABLE "Settings" (
    "Name" TEXT NOT NULL CONSTRAINT "PK_Settings" PRIMARY KEY,
    "Value" TEXT NOT NULL
);

CREATE TABLE "Sources" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_Sources" PRIMARY KEY,
    "Name" TEXT NOT NULL,
    "Engine" TEXT NOT NULL,
    "SettingsJson" TEXT NOT NULL,
    "WrappedSecrets" TEXT NULL,
    "CreatedAt" INTEGER NOT NULL
);

CREATE TABLE "AccountClaims" (
    "Id" INTEGER NOT NULL CONSTRAINT "PK_AccountClaims" PRIMARY KEY AUTOINCREMENT,
    "UserId" TEXT NOT NULL,
    "ClaimType" TEXT NULL,
    "ClaimValue" TEXT NULL,
    CONSTRAINT "FK_AccountClaims_Accounts_UserId" FOREIGN KEY ("UserId") REFERENCES "Accounts" ("Id") ON DELETE CASCADE
);

CREATE TABLE "AccountLogins" (
    "LoginProvider" TEXT NOT NULL,
    "ProviderKey" TEXT NOT NULL,
    "ProviderDisplayName" TEXT NULL,
    "UserId" TEXT NOT NULL,
    CONSTRAINT "PK_AccountLogins" PRIMARY KEY ("LoginProvider", "ProviderKey"),
    CONSTRAINT "FK_AccountLogins_Accounts_UserId" FOREIGN KEY ("UserId") REFERENCES "Accounts" ("Id") ON DELETE CASCADE
);

CREATE TABLE "AccountTokens" (
    "UserId" TEXT NOT NULL,
    "LoginProvider" TEXT NOT NULL,
    "Name" TEXT NOT NULL,
    "Value" TEXT NULL,
    CONSTRAINT "PK_AccountTokens" PRIMARY KEY ("UserId", "LoginProvider", "Name"),
    CONSTRAINT "FK_AccountTokens_Accounts_UserId" FOREIGN KEY ("UserId") REFERENCES "Accounts" ("Id") ON DELETE CASCADE
);

CREATE TABLE "Copies" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_Copies" PRIMARY KEY,
    "BackupId" TEXT NOT NULL,
    "DestinationId" TEXT NOT NULL,
    "ObjectName" TEXT NOT NULL,
    "SizeBytes" INTEGER NOT NULL,
    CONSTRAINT "FK_Copies_Backups_BackupId" FOREIGN KEY ("BackupId") REFERENCES "Backups" ("Id") ON DELETE CASCADE
);

CREATE TABLE "RunLog" (
    "RunId" TEXT NOT NULL,
    "Seq" INTEGER NOT NULL,
    "At" INTEGER NOT NULL,
    "Level" INTEGER NOT NULL,
    "Phase" TEXT NULL,
    "Text" TEXT NOT NULL,
    CONSTRAINT "PK_RunLog" PRIMARY KEY ("RunId", "Seq"),
    CONSTRAINT "FK_RunLog_Runs_RunId" FOREIGN KEY ("RunId") REFERENCES "Runs" ("Id") ON DELETE CASCADE
);

CREATE TABLE "Jobs" (
    "Id" TEXT NOT NULL CONSTRAINT "PK_Jobs" PRIMARY KEY,
    "Name" TEXT NOT NULL,
    "SourceId" TEXT NOT NULL,
    "DestinationId" TEXT NOT NULL,
    "ProfileId" TEXT NULL,
    "DumpFormat" TEXT NOT NULL,
    "Compression" TEXT NOT NULL,
    "CompressionLevel" INTEGER NOT NULL,
    "Description" TEXT NULL,
    "Schedule" TEXT NULL,
    "TimeZone" TEXT NOT NULL,
    "IsScheduleEnabled" INTEGER NOT NULL,
    "CreatedAt" INTEGER NOT NULL,
    CONSTRAINT "FK_Jobs_Destinations_DestinationId" FOREIGN KEY ("DestinationId") REFERENCES "Destinations" ("Id") ON DELETE RESTRICT,
    CONSTRAINT "FK_Jobs_EncryptionProfiles_ProfileId" FOREIGN KEY ("ProfileId") REFERENCES "EncryptionProfiles" ("Id") ON DELETE RESTRICT,
    CONSTRAINT "FK_Jobs_Sources_SourceId" FOREIGN KEY ("SourceId") REFERENCES "Sources" ("Id") ON DELETE RESTRICT
);
CREATE INDEX "IX_AccountClaims_UserId" ON "AccountClaims" ("UserId");
CREATE INDEX "IX_AccountLogins_UserId" ON "AccountLogins" ("UserId");
CREATE INDEX "EmailIndex" ON "Accounts" ("NormalizedEmail");
CREATE UNIQUE INDEX "UserNameIndex" ON "Accounts" ("NormalizedUserName");
CREATE INDEX "IX_Audit_At" ON "Audit" ("At");
CREATE INDEX "IX_Backups_KeyFingerprint" ON "Backups" ("KeyFingerprint");
CREATE INDEX "IX_Backups_StartedAt" ON "Backups" ("StartedAt");
CREATE INDEX "IX_Copies_BackupId" ON "Copies" ("BackupId");
CREATE UNIQUE INDEX "IX_Copies_DestinationId_ObjectName" ON "Copies" ("DestinationId", "ObjectName");
CREATE UNIQUE INDEX "IX_Destinations_Name" ON "Destinations" ("Name");
CREATE UNIQUE INDEX "IX_EncryptionProfiles_Name" ON "EncryptionProfiles" ("Name");
CREATE INDEX "IX_Jobs_DestinationId" ON "Jobs" ("DestinationId");
CREATE UNIQUE INDEX "IX_Jobs_Name" ON "Jobs" ("Name");
CREATE INDEX "IX_Jobs_ProfileId" ON "Jobs" ("ProfileId");
CREATE INDEX "IX_Jobs_SourceId" ON "Jobs" ("SourceId");
CREATE INDEX "IX_Runs_QueuedAt" ON "Runs" ("QueuedAt");
CREATE INDEX "IX_Runs_State" ON "Runs" ("State");
CREATE UNIQUE INDEX "IX_Sources_Name" ON "Sources" ("Name");
