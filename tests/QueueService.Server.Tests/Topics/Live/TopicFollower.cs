using System.Net;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics.Live;

/// <summary>Follows a topic as EventSource does: it remembers the last id, also of blocks without an event.</summary>
internal sealed class TopicFollower : IDisposable
{
    private readonly EventReader _reader;

    private TopicFollower(EventReader reader) => _reader = reader;

    public HttpResponseMessage Response => _reader.Response;

    public string LastId { get; private set; } = "";

    /// <param name="headers">As `Name: value`.</param>
    public static Task<TopicFollower> Open(Uri server, string path, params string[] headers) =>
        Open(HttpVersion.Version11, server, path, headers);

    public static async Task<TopicFollower> Open(Version version, Uri server, string path, params string[] headers)
    {
        TopicFollower follower = new(await EventReader.Open(version, server, path, headers));
        Dictionary<string, string> hello = (await follower.Read())!;
        Assert.Equal("2000", hello["retry"]);
        return follower;
    }

    /// <summary>Null when there are as many readers as may be.</summary>
    public static async Task<TopicFollower?> TryOpen(Uri server, string path, params string[] headers)
    {
        EventReader? reader = await EventReader.TryOpen(HttpVersion.Version11, server, path, headers);
        if (reader is null) return null;
        TopicFollower follower = new(reader);
        await follower.Read();
        return follower;
    }

    /// <summary>The fields of the next block; null at the end.</summary>
    public async Task<Dictionary<string, string>?> Read()
    {
        Dictionary<string, string>? block = await _reader.Read();
        LastId = block?.GetValueOrDefault("id") ?? LastId;
        return block;
    }

    /// <summary>The next event of this name, comments and mere ids left out.</summary>
    public async Task<JsonNode> Next(string name = "message")
    {
        while (true)
        {
            Dictionary<string, string> block = await Read() ?? throw new EndOfStreamException("The stream has ended.");
            if (!block.TryGetValue("event", out string? found)) continue;
            Assert.Equal(name, found);
            return JsonNode.Parse(block["data"])!;
        }
    }

    public async Task<string[]> Bodies(int count)
    {
        string[] bodies = new string[count];
        for (int i = 0; i < count; i++) bodies[i] = (string)(await Next())["body"]!;
        return bodies;
    }

    public void Dispose() => _reader.Dispose();
}
