using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Xunit;

namespace Vault.Core.Tests.Metadata;

public sealed class ObjectNamesTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 21, 3, 4, 5, 67, TimeSpan.FromHours(1));
    private static readonly Guid Run = Guid.Parse("11111111-2222-7333-8444-abcdefabcdef");

    [Theory]
    [InlineData("Nightly shop", "sql", CompressionMethod.Gzip, true, "nightly-shop/2026-11-21T02-04-05-067Z-abcdefabcdef.sql.gz.enc")]
    [InlineData("Nightly shop", "sql", CompressionMethod.Zstd, true, "nightly-shop/2026-11-21T02-04-05-067Z-abcdefabcdef.sql.zst.enc")]
    [InlineData("Nightly  shop ", "dump", CompressionMethod.Brotli, true, "nightly-shop/2026-11-21T02-04-05-067Z-abcdefabcdef.dump.br.enc")]
    [InlineData("../../etc", "sqlite", CompressionMethod.None, false, "etc/2026-11-21T02-04-05-067Z-abcdefabcdef.sqlite")]
    [InlineData("日本", "sql", CompressionMethod.None, true, "job/2026-11-21T02-04-05-067Z-abcdefabcdef.sql.enc")]
    public void Names_have_the_written_form(string job, string extension, CompressionMethod compression, bool isEncrypted, string name) =>
        ObjectNames.ForBackup(job, At, Run, extension, compression, isEncrypted).ShouldBe(name);

    [Fact]
    public void Any_job_name_gives_a_name_that_no_file_system_minds()
    {
        var property = Prop.ForAll<NonNull<string>>(job =>
            System.Text.RegularExpressions.Regex.IsMatch(ObjectNames.ForBackup(job.Get, At, Run, "sql", CompressionMethod.Gzip, true), "^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?/[0-9TZ-]{24}-[0-9a-f]{12}\\.sql\\.gz\\.enc$"));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), property);
    }

    [Fact]
    public void Runs_of_one_millisecond_have_different_names()
    {
        var names = Enumerable.Range(0, 1000).Select(_ => ObjectNames.ForBackup("a", At, Guid.CreateVersion7(At), "sql", CompressionMethod.None, false));
        names.Distinct().Count().ShouldBe(1000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData(".sql")]
    public void An_extension_with_anything_but_letters_and_digits_is_refused(string extension) =>
        Should.Throw<ArgumentException>(() => ObjectNames.ForBackup("a", At, Run, extension, CompressionMethod.None, false));

    [Fact]
    public void The_metadata_stands_beside_its_object()
    {
        ObjectNames.MetadataOf("a/b.sql.enc").ShouldBe("a/b.sql.enc.meta.json");
        ObjectNames.IsMetadata("a/b.sql.enc.meta.json").ShouldBeTrue();
        ObjectNames.IsMetadata("a/b.sql.enc").ShouldBeFalse();
    }
}
