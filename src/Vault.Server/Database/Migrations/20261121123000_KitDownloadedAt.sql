ALTER TABLE "EncryptionProfiles" ADD COLUMN "KitDownloadedAt" INTEGER NULL;
