using System.Text;
using QueueService.Server.Http;

namespace QueueService.Server.Tests.Http;

public sealed class TextFormTests
{
    [Theory]
    [InlineData("30", 30_000)]
    [InlineData("30s", 30_000)]
    [InlineData("5m", 300_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("500ms", 500)]
    [InlineData("0", 0)]
    [InlineData("007s", 7_000)]
    public void A_duration_is_a_number_and_a_unit(string text, long milliseconds)
    {
        Assert.True(Durations.TryParse(text, out long parsed));
        Assert.Equal(milliseconds, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("ms")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1 s")]
    [InlineData("1.5s")]
    [InlineData("1d")]
    [InlineData("1S")]
    [InlineData("PT1S")]
    [InlineData("9999999999999s")]
    [InlineData("٣s")]
    public void Anything_else_is_no_duration(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00.000Z")]
    [InlineData(1_795_255_200_123, "2026-11-21T10:00:00.123Z")]
    [InlineData(253_402_300_799_999, "9999-12-31T23:59:59.999Z")]
    public void An_instant_is_written_and_read_back(long instant, string text)
    {
        Assert.Equal(text, Rfc3339.Format(instant));
        Assert.True(Rfc3339.TryParse(text, out long parsed));
        Assert.Equal(instant, parsed);
    }

    [Theory]
    [InlineData("2026-11-21T10:00:00+01:00", true)]
    [InlineData("2026-11-21T10:00:00Z", true)]
    [InlineData("2026-11-21T10:00:00", false)]
    [InlineData("2026-11-21", false)]
    [InlineData("", false)]
    [InlineData("Z", false)]
    public void An_instant_names_its_offset(string text, bool valid) =>
        Assert.Equal(valid, Rfc3339.TryParse(text, out _));

    [Fact]
    public void Json_text_is_escaped_as_a_checking_writer_would_have_it()
    {
        string all = string.Concat(Enumerable.Range(0, 0x250).Select(n => (char)n)) + "😀";
        JsonOutput fromText = JsonOutput.Rent().Text(all);
        JsonOutput fromBytes = JsonOutput.Rent().Text(Encoding.UTF8.GetBytes(all));
        Assert.Equal(all, System.Text.Json.JsonSerializer.Deserialize<string>(fromText.Written.Span));
        Assert.Equal(fromText.Written.ToArray(), fromBytes.Written.ToArray());
    }
}
