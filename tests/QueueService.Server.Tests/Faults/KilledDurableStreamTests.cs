using System.Globalization;

namespace QueueService.Server.Tests.Faults;

/// <summary>kill -9 while a producer appends to a durable stream, which it closes in the end.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledDurableStreamTests : IDisposable
{
    private const int AppendsPerLife = 200;
    private const string Stream = "/durable-streams/killed/one";

    private readonly ScratchDirectory _directory = new();
    private int _next;

    private static int Kills => ProcessTests.Soak ? 200 : 5;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_producer_that_retries_over_kills_has_appended_everything_once_and_in_order()
    {
        for (int life = 0; life < Kills; life++)
        {
            await using ServerProcess server = await ServerProcess.Start(_directory.Data);
            using HttpClient http = new() { BaseAddress = server.Address };
            using HttpRequestMessage put = Request(HttpMethod.Put, "");
            using HttpResponseMessage created = await http.SendAsync(put);
            created.EnsureSuccessStatusCode();
            Task killed = Task.CompletedTask;
            for (int i = 0; i < AppendsPerLife && await Append(http, closes: false); i++)
                if (i == AppendsPerLife - 10) killed = server.KillNow();
            await server.KillNow();
            await killed;
        }

        await using ServerProcess last = await ServerProcess.Start(_directory.Data);
        using HttpClient reader = new() { BaseAddress = last.Address };
        Assert.True(await Append(reader, closes: true));
        using HttpResponseMessage answer = await reader.GetAsync(new Uri(Stream, UriKind.Relative));
        string[] numbers = (await answer.Content.ReadAsStringAsync()).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            Enumerable.Range(0, _next).Select(static n => n.ToString(CultureInfo.InvariantCulture)), numbers);
        Assert.Equal("true", Assert.Single(answer.Headers.GetValues("Stream-Closed")));
        Assert.True(_next > Kills * AppendsPerLife / 2, "Nearly nothing was appended.");
    }

    /// <summary>Answers false when the server has gone: it may have been appended, and is sent again.</summary>
    private async Task<bool> Append(HttpClient http, bool closes)
    {
        try
        {
            using HttpRequestMessage post = Request(HttpMethod.Post, $"{_next} ");
            post.Headers.Add("Producer-Id", "one");
            post.Headers.Add("Producer-Epoch", "0");
            post.Headers.Add("Producer-Seq", _next.ToString(CultureInfo.InvariantCulture));
            if (closes) post.Headers.Add("Stream-Closed", "true");
            using HttpResponseMessage answer = await http.SendAsync(post);
            answer.EnsureSuccessStatusCode();
            _next++;
            return true;
        }
        catch (HttpRequestException gone) when (gone.StatusCode is null)
        {
            return false;
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, string body) =>
        new(method, new Uri(Stream, UriKind.Relative)) { Content = new StringContent(body) };
}
