-- What made "standard" backups until now goes on making them: the owner chooses, not an update.
ALTER TABLE "EncryptionProfiles" ADD COLUMN "Format" TEXT NOT NULL DEFAULT 'standard';
