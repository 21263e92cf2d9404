global using Shouldly;
global using Vault.Testing;
global using Xunit;
