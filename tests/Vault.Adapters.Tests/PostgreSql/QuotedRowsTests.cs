using Shouldly;
using Vault.Adapters.PostgreSql;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

public sealed class QuotedRowsTests
{
    [Theory]
    [InlineData("CONTEXT:  COPY customers, line 7: \"12\tSecret\"", "CONTEXT:  COPY customers, line 7: …")]
    [InlineData("COPY fragile, line 1: \"Secret\"", "COPY fragile, line 1: …")]
    [InlineData("CONTEXT:  COPY customers, line 7, column mail: \"Secret\"", "CONTEXT:  COPY customers, line 7, column mail: …")]
    [InlineData("DETAIL:  Key (mail)=(Secret) already exists.", "DETAIL:  Key (mail)=(…) already exists.")]
    [InlineData("DETAIL:  Key (a, b)=(1, Secret) is not present in table \"t\".", "DETAIL:  Key (a, b)=(…) is not present in table \"t\".")]
    [InlineData("DETAIL:  Key (mail)=(Secret", "DETAIL:  Key (mail)=(…")]
    [InlineData("DETAIL:  Failing row contains (1, Secret).", "DETAIL:  Failing row contains …")]
    [InlineData("DETAIL:  Token \"Secret\" is invalid.", "DETAIL:  Token …")]
    [InlineData("CONTEXT:  JSON data, line 1: Secret...", "CONTEXT:  JSON data, line 1: …")]
    [InlineData("psql:<stdin>:12: ERROR:  invalid input syntax for type integer: \"Secret\"", "psql:<stdin>:12: ERROR:  invalid input syntax for type integer: \"…\"")]
    [InlineData("ERROR:  date/time field value out of range: \"Secret\"", "ERROR:  date/time field value out of range: \"…\"")]
    [InlineData("ERROR:  value \"Secret\" is out of range for type integer", "ERROR:  value \"…\" is out of range for type integer")]
    [InlineData("ERROR:  malformed array literal: \"Secret\"", "ERROR:  malformed array literal: \"…\"")]
    public void A_value_goes_and_the_cause_stays(string line, string shown) => new QuotedRows().Hide(line).ShouldBe(shown);

    [Theory]
    [InlineData("pg_restore: error: could not execute query: ERROR:  role \"shop\" does not exist")]
    [InlineData("psql:<stdin>:30: ERROR:  relation \"allowed\" does not exist")]
    [InlineData("pg_dump: dumping contents of table \"public.customers\"")]
    [InlineData("CONTEXT:  SQL function \"is_allowed\" during inlining")]
    [InlineData("ERROR:  duplicate key value violates unique constraint \"customers_pkey\"")]
    [InlineData("ERROR:  permission denied for table customers")]
    public void What_quotes_no_row_is_shown_as_it_is(string line) => new QuotedRows().Hide(line).ShouldBe(line);

    [Fact]
    public void A_value_over_several_lines_is_hidden_to_its_end()
    {
        var rows = new QuotedRows();

        string?[] shown = [.. new[] { "DETAIL:  Failing row contains (1, first", "second Secret", "third).", "CONTEXT:  COPY t, line 1: \"1\tfirst\\nsecond\"", "pg_restore: error: stopped" }.Select(rows.Hide)];

        shown.ShouldBe(["DETAIL:  Failing row contains …", null, null, "CONTEXT:  COPY t, line 1: …", "pg_restore: error: stopped"]);
    }
}
