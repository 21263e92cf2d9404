# Vault in one container: one port, one volume (/data), no root, a read-only root file system.

# 1. Fonts and style.
FROM --platform=$BUILDPLATFORM node:20-bookworm-slim AS assets
WORKDIR /src/wwwroot-assets
COPY wwwroot-assets/package.json wwwroot-assets/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY wwwroot-assets/ ./
# The stamp tells the server's build that dist is fresh, so that it needs no Node.
RUN npm run build && rm -rf node_modules && touch dist/.built

# 2. The server and vaultctl. The output is portable: the same files run on amd64 and arm64.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 CI=true
WORKDIR /src
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY src/Vault.Core/Vault.Core.csproj src/Vault.Core/packages.lock.json src/Vault.Core/
COPY src/Vault.Adapters/Vault.Adapters.csproj src/Vault.Adapters/packages.lock.json src/Vault.Adapters/
COPY src/Vault.Server/Vault.Server.csproj src/Vault.Server/packages.lock.json src/Vault.Server/BlazorScript.targets src/Vault.Server/
COPY src/Vault.Cli/Vault.Cli.csproj src/Vault.Cli/packages.lock.json src/Vault.Cli/
RUN dotnet restore src/Vault.Server && dotnet restore src/Vault.Cli
COPY .editorconfig ./
COPY src/ src/
COPY --from=assets /src/wwwroot-assets/ wwwroot-assets/
RUN dotnet publish src/Vault.Server -c Release --no-restore -o /out \
 && dotnet publish src/Vault.Cli -c Release --no-restore -o /out/cli
# The program that publish makes is of this stage's processor; the .dll runs on every one.
RUN printf '#!/bin/sh\nexec dotnet /app/cli/vaultctl.dll "$@"\n' > /out/cli/vaultctl && chmod 755 /out/cli/vaultctl

# 3. What runs. Microsoft has no Debian image of .NET 10; noble is the one whose apt has every client below.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble AS final
# The key of apt.postgresql.org comes signed with the distribution, in postgresql-common.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates postgresql-common tini libsqlite3-0 libzstd1 \
 && install -m 644 /usr/share/postgresql-common/pgdg/apt.postgresql.org.asc /usr/share/keyrings/pgdg.asc \
 && echo "deb [signed-by=/usr/share/keyrings/pgdg.asc] https://apt.postgresql.org/pub/repos/apt noble-pgdg main" > /etc/apt/sources.list.d/pgdg.list \
 && apt-get update \
 && apt-get install -y --no-install-recommends \
      postgresql-client-13 postgresql-client-14 postgresql-client-15 \
      postgresql-client-16 postgresql-client-17 postgresql-client-18 \
 && apt-get purge -y postgresql-common && apt-get autoremove -y \
 && rm -rf /var/lib/apt/lists/* /var/log/* \
 && install -d -o 1000 -g 1000 -m 700 /data

COPY --from=build /out/ /app/
RUN ln -s /app/cli/vaultctl /usr/local/bin/vaultctl
WORKDIR /data
# GCgen0size: on a processor with a large cache the collector would let 25 MB of garbage lie before it looks (bytes, hex).
ENV VAULT_DATA=/data \
    BACKUP_DIR=/data/backups \
    VAULT_URLS=http://+:5080 \
    DOTNET_EnableDiagnostics=0 \
    DOTNET_GCgen0size=0x300000 \
    DOTNET_CLI_TELEMETRY_OPTOUT=1
USER 1000:1000
VOLUME /data
EXPOSE 5080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5080 && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["tini", "--", "dotnet", "/app/vault-server.dll"]
