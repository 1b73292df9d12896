using System.Net;
using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Testing;

/// <summary>Reads server-sent events one by one.</summary>
internal sealed class EventReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private HttpResponseMessage? _response;
    private StreamReader? _lines;

    public HttpResponseMessage Response => _response!;

    public static Task<EventReader> Open(Uri server, string path, params string[] headers) =>
        Open(HttpVersion.Version11, server, path, headers);

    /// <param name="version">Of HTTP; without TLS the server has an address of its own for each.</param>
    public static async Task<EventReader> Open(Version version, Uri server, string path, params string[] headers)
    {
        EventReader? reader = await TryOpen(version, server, path, headers);
        Assert.NotNull(reader);
        return reader;
    }

    /// <summary>Null when there are as many readers as may be.</summary>
    public static async Task<EventReader?> TryOpen(Version version, Uri server, string path, params string[] headers)
    {
        EventReader reader = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(server, path))
        {
            Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        foreach (string header in headers) request.Headers.Add(header.Split(": ")[0], header.Split(": ")[1]);
        reader._response = await reader._client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)
            .WaitAsync(Patience, TimeProvider.System);
        if (reader._response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            reader.Dispose();
            return null;
        }

        Assert.Equal(HttpStatusCode.OK, reader._response.StatusCode);
        reader._lines = new StreamReader(await reader._response.Content.ReadAsStreamAsync());
        return reader;
    }

    /// <summary>The fields of the next event or comment; null at the end.</summary>
    public async Task<Dictionary<string, string>?> Read()
    {
        Dictionary<string, string> fields = [];
        while (await _lines!.ReadLineAsync().WaitAsync(Patience, TimeProvider.System) is { } line)
        {
            if (line.Length == 0) return fields;
            string[] parts = line.Split(": ", 2);
            fields.Add(parts[0], parts[1]);
        }

        return null;
    }

    /// <summary>The next event's data, which must be a message.</summary>
    public async Task<JsonNode> Message()
    {
        Dictionary<string, string> fields = await Read() ?? throw new EndOfStreamException("The stream has ended.");
        Assert.Equal("message", fields["event"]);
        JsonNode message = JsonNode.Parse(fields["data"])!;
        Assert.Equal((string)message["id"]!, fields["id"]);
        return message;
    }

    public void Dispose()
    {
        _response?.Dispose();
        _client.Dispose();
    }
}
