using Microsoft.Data.Sqlite;

namespace Vault.Server.Features.Sample;

/// <summary>A shop database of about 100,000 rows in six related tables; the same rows every time.</summary>
internal static class SampleShop
{
    private const int Customers = 8_000, Products = 2_000, Categories = 24, Orders = 22_000, Reviews = 12_000;

    private static readonly DateTimeOffset openedAt = new(2024, 1, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly string[] given = ["Ada", "Björn", "Chloé", "Dmitri", "Emre", "Fatma", "Grace", "Hà", "Ines", "Jürgen", "Kofi", "李娜", "Mária", "Noor", "Óscar", "Zoë"];
    private static readonly string[] family = ["Andersen", "Bianchi", "Costa", "Dubois", "Eriksson", "Fischer", "García", "Horváth", "Ito", "Jansen", "Kowalski", "Löfgren", "Müller", "Nováková", "O'Brien", "Şahin"];
    private static readonly string[] things = ["Lamp", "Chair", "Kettle", "Notebook", "Rucksack", "Umbrella", "Bicycle bell", "Teapot", "Blanket", "Clock", "Shelf", "Vase"];
    private static readonly string[] words = ["sturdy", "light", "as described", "arrived late", "a gift", "would buy again", "the colour is off", "excellent", "too small", "quiet"];

    private const string Schema = """
        CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, joined_at TEXT NOT NULL);
        CREATE TABLE products (id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL REFERENCES categories(id), name TEXT NOT NULL, price_cents INTEGER NOT NULL, weight_kg REAL, picture BLOB);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id), ordered_at TEXT NOT NULL, note TEXT);
        CREATE TABLE order_lines (order_id INTEGER NOT NULL REFERENCES orders(id), line INTEGER NOT NULL, product_id INTEGER NOT NULL REFERENCES products(id), quantity INTEGER NOT NULL, price_cents INTEGER NOT NULL, PRIMARY KEY (order_id, line)) WITHOUT ROWID;
        CREATE TABLE reviews (id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES products(id), customer_id INTEGER NOT NULL REFERENCES customers(id), stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5), body TEXT);
        CREATE INDEX orders_by_customer ON orders(customer_id);
        CREATE VIEW turnover AS SELECT p.category_id, sum(l.quantity * l.price_cents) AS cents FROM order_lines l JOIN products p ON p.id = l.product_id GROUP BY p.category_id;
        """;

    /// <summary>Makes the file, unless it is there. It appears whole or not at all.</summary>
    public static async Task MakeAsync(string path, CancellationToken cancel)
    {
        if (File.Exists(path)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var unfinished = path + ".partial";
        File.Delete(unfinished);
        await using (var connection = new SqliteConnection($"Data Source={unfinished};Pooling=False"))
        {
            await connection.OpenAsync(cancel);
            await using var transaction = (SqliteTransaction)await connection.BeginTransactionAsync(cancel);
            Fill(connection, transaction);
            await transaction.CommitAsync(cancel);
        }

        File.Move(unfinished, path);
    }

    private static void Fill(SqliteConnection connection, SqliteTransaction transaction)
    {
        using (var schema = connection.CreateCommand())
        {
            schema.Transaction = transaction;
            schema.CommandText = Schema;
            schema.ExecuteNonQuery();
        }

        var chance = new Chance(20_240_101);
        Insert(connection, transaction, "categories", Enumerable.Range(1, Categories).Select(id => new object?[] { id, $"{things[id % things.Length]}s {id}" }));
        Insert(connection, transaction, "customers", Enumerable.Range(1, Customers).Select(id => Customer(id, chance)));
        Insert(connection, transaction, "products", Enumerable.Range(1, Products).Select(id => Product(id, chance)));
        Insert(connection, transaction, "orders", Enumerable.Range(1, Orders).Select(id => Order(id, chance)));
        Insert(connection, transaction, "order_lines", Enumerable.Range(1, Orders).SelectMany(id => Lines(id, chance)));
        Insert(connection, transaction, "reviews", Enumerable.Range(1, Reviews).Select(id => Review(id, chance)));
    }

    private static object?[] Customer(int id, Chance chance) =>
        [id, $"{chance.Of(given)} {chance.Of(family)}", $"customer{id}@example.com", Instant(chance.Below(700 * 24 * 60))];

    private static object?[] Product(int id, Chance chance)
    {
        var picture = new byte[64 + chance.Below(192)];
        chance.Fill(picture);
        return [id, 1 + chance.Below(Categories), $"{chance.Of(things)} no. {id}", 199 + chance.Below(20_000), chance.Below(10) == 0 ? null : chance.Below(5_000) / 1000.0, chance.Below(3) == 0 ? null : picture];
    }

    private static object?[] Order(int id, Chance chance) =>
        [id, 1 + chance.Below(Customers), Instant(id * 40), chance.Below(4) == 0 ? $"Please: {chance.Of(words)}" : null];

    private static IEnumerable<object?[]> Lines(int order, Chance chance)
    {
        var count = 1 + chance.Below(4);
        for (var line = 1; line <= count; line++)
            yield return [order, line, 1 + chance.Below(Products), 1 + chance.Below(5), 199 + chance.Below(20_000)];
    }

    private static object?[] Review(int id, Chance chance) =>
        [id, 1 + chance.Below(Products), 1 + chance.Below(Customers), 1 + chance.Below(5), chance.Below(5) == 0 ? null : $"{chance.Of(words)}, {chance.Of(words)}"];

    private static string Instant(int minutes) => openedAt.AddMinutes(minutes).ToString("yyyy-MM-ddTHH:mm:ssZ");

    private static void Insert(SqliteConnection connection, SqliteTransaction transaction, string table, IEnumerable<object?[]> rows)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        foreach (var row in rows)
        {
            if (command.Parameters.Count == 0)
            {
                var names = Enumerable.Range(0, row.Length).Select(i => $"$p{i}").ToArray();
                // The table is one of the six above.
#pragma warning disable CA2100
                command.CommandText = $"INSERT INTO {table} VALUES ({string.Join(", ", names)})";
#pragma warning restore CA2100
                foreach (var name in names) command.Parameters.Add(new SqliteParameter { ParameterName = name });
                command.Prepare();
            }

            for (var i = 0; i < row.Length; i++) command.Parameters[i].Value = row[i] ?? DBNull.Value;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Numbers that are the same on every machine and every .NET, which System.Random does not promise. SplitMix64.</summary>
    private sealed class Chance(ulong seed)
    {
        private ulong state = seed;

        private ulong Next()
        {
            var z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }

        public int Below(int limit) => (int)(Next() % (ulong)limit);

        public T Of<T>(T[] choices) => choices[Below(choices.Length)];

        public void Fill(byte[] bytes)
        {
            for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)Next();
        }
    }
}
