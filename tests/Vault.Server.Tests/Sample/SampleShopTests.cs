using Microsoft.Data.Sqlite;
using Shouldly;
using Vault.Adapters.Sqlite;
using Vault.Server.Features.Sample;
using Xunit;

namespace Vault.Server.Tests.Sample;

public sealed class SampleShopTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("vault-sample-").FullName;

    static SampleShopTests() => SqliteNative.Load();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private async Task<string> ShopAsync(string name)
    {
        var path = Path.Combine(folder, name);
        await SampleShop.MakeAsync(path, CancellationToken.None);
        return path;
    }

    private static void Change(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery().ShouldBe(1);
    }

    [Fact]
    public async Task The_shop_has_about_100000_rows_in_six_tables_and_is_the_same_every_time()
    {
        var (rows, difference) = await RowComparison.CompareAsync(await ShopAsync("one.db"), await ShopAsync("two.db"), CancellationToken.None);

        difference.ShouldBeNull();
        rows.ShouldBeInRange(95_000, 105_000);
    }

    [Theory]
    [InlineData("UPDATE products SET price_cents = price_cents + 1 WHERE id = 1000", "products: row 1000 differs in price_cents")]
    [InlineData("UPDATE reviews SET body = NULL WHERE id = (SELECT max(id) FROM reviews WHERE body IS NOT NULL)", "differs in body")]
    [InlineData("DELETE FROM reviews WHERE id = 12000", "reviews: one has 11999 rows, the other more")]
    [InlineData("UPDATE orders SET note = CAST('x' AS BLOB) WHERE id = 7", "orders: row 7 differs in note")]
    public async Task One_changed_value_is_found(string sql, string expected)
    {
        var (left, right) = (await ShopAsync("one.db"), await ShopAsync("two.db"));
        Change(right, sql);

        var (_, difference) = await RowComparison.CompareAsync(left, right, CancellationToken.None);

        difference.ShouldNotBeNull();
        difference.ShouldContain(expected);
    }

    [Fact]
    public async Task A_missing_index_is_found()
    {
        var (left, right) = (await ShopAsync("one.db"), await ShopAsync("two.db"));
        using (var connection = new SqliteConnection($"Data Source={right};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP INDEX orders_by_customer";
            command.ExecuteNonQuery();
        }

        var (_, difference) = await RowComparison.CompareAsync(left, right, CancellationToken.None);

        difference.ShouldNotBeNull();
        difference.ShouldContain("schema");
    }
}
