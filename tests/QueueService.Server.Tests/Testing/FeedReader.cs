using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Testing;

/// <summary>A reader of server-sent events, as EventSource reads them.</summary>
internal sealed class FeedReader : IDisposable
{
    /// <summary>Far more than anything that is waited for here.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>One that closes its connection when it is disposed, instead of reading the rest for a while.</summary>
    private static readonly HttpClient Client =
        new(new SocketsHttpHandler { UseProxy = false, ResponseDrainTimeout = TimeSpan.Zero });

    private readonly CancellationTokenSource _limit = new(Patience, TimeProvider.System);
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _text;

    private FeedReader(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _text = new StreamReader(body);
    }

    public HttpResponseMessage Response => _response;

    public static async Task<FeedReader> Open(Uri address, string? lastEventId = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        HttpResponseMessage response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        FeedReader reader = new(response, await response.Content.ReadAsStreamAsync());
        // The retry time comes at once: from here on the reader has its place.
        Assert.StartsWith("retry: ", await reader._text.ReadLineAsync(reader._limit.Token), StringComparison.Ordinal);
        return reader;
    }

    /// <summary>The next event; null when the stream has ended.</summary>
    public async Task<SentEvent?> Next()
    {
        string name = "";
        string? id = null;
        string? data = null;
        while (await _text.ReadLineAsync(_limit.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line["event: ".Length..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line["id: ".Length..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line["data: ".Length..];
            else if (line.Length == 0 && data is not null) return new SentEvent(name, id, JsonNode.Parse(data)!);
        }

        return null;
    }

    /// <summary>The next event of this name and queue.</summary>
    public Task<SentEvent> Next(string name, string? queue = null) => NextOf(name, "queue", queue);

    /// <summary>The next event of this name whose data has this value.</summary>
    public async Task<SentEvent> NextOf(string name, string field, string? value)
    {
        while (true)
        {
            SentEvent next = await Next() ?? throw new InvalidOperationException($"The stream ended before {name}.");
            if (next.Name == name && (value is null || (string?)next.Data[field] == value)) return next;
        }
    }

    public void Dispose()
    {
        _text.Dispose();
        _response.Dispose();
        _limit.Dispose();
    }
}

internal sealed record SentEvent(string Name, string? Id, JsonNode Data);
