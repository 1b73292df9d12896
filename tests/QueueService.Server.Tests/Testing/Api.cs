using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Testing;

/// <summary>Requests as a curl user writes them.</summary>
internal sealed class Api(Uri server, ApiDocumentation document)
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    });

    public Task<Answer> Get(string path) => Send("GET", path);

    public Task<Answer> Delete(string path, params string[] headers) => Send("DELETE", path, null, headers);

    public Task<Answer> Put(string path, string? json = null, params string[] headers) =>
        Send("PUT", path, json, headers);

    public Task<Answer> Patch(string path, string json, params string[] headers) => Send("PATCH", path, json, headers);

    public Task<Answer> Post(string path, string? body = null, params string[] headers) =>
        Send("POST", path, body, headers);

    /// <param name="headers">As `Name: value`.</param>
    public Task<Answer> Send(string method, string path, string? body = null, params string[] headers) =>
        SendBytes(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), headers);

    public async Task<Answer> SendBytes(string method, string path, byte[]? body, params string[] headers)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri(server, path));
        if (body is not null) request.Content = new ByteArrayContent(body);
        foreach (string header in headers)
        {
            string[] parts = header.Split(": ", 2);
            if (!parts[0].StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
            {
                Assert.True(request.Headers.TryAddWithoutValidation(parts[0], parts[1]));
                continue;
            }

            request.Content ??= new ByteArrayContent([]);
            Assert.True(request.Content.Headers.TryAddWithoutValidation(parts[0], parts[1]));
        }

        using HttpResponseMessage response = await Client.SendAsync(request);
        Answer answer = await Answer.Read(response);
        document.Check(method, path.Split('?')[0], answer);
        if (answer.Status >= 400) answer.ShouldBeAProblem();
        return answer;
    }

    /// <summary>A new queue with a name of its own.</summary>
    public async Task<string> NewQueue(string json = "{}")
    {
        string queue = "/v1/queues/q-" + Guid.CreateVersion7().ToString("N");
        Assert.Equal(201, (await Put(queue, json)).Status);
        return queue;
    }

    /// <summary>A new topic with a name of its own.</summary>
    public async Task<string> NewTopic(string json = "{}")
    {
        string topic = "/v1/topics/t-" + Guid.CreateVersion7().ToString("N");
        Assert.Equal(201, (await Put(topic, json)).Status);
        return topic;
    }

    public async Task<string> Subscribe(string topic, string name, string json = "{}")
    {
        string subscription = $"{topic}/subscriptions/{name}";
        Assert.Equal(201, (await Put(subscription, json)).Status);
        return subscription;
    }

    /// <summary>Publishes one message after the other.</summary>
    public async Task Publish(string topic, params string[] bodies)
    {
        foreach (string body in bodies) Assert.Equal(201, (await Post($"{topic}/messages", body)).Status);
    }

    /// <summary>The messages that are available now.</summary>
    public async Task<JsonNode[]> Receive(string queue, string query = "")
    {
        Answer answer = await Post($"{queue}/receive?max=100{query}");
        Assert.Equal(200, answer.Status);
        return [.. answer.Json["messages"]!.AsArray().Select(static message => message!)];
    }

    /// <summary>The bodies of the messages that are available now.</summary>
    public async Task<string[]> Bodies(string queue, string query = "") =>
        [.. (await Receive(queue, query)).Select(static message => (string)message["body"]!)];

    public async Task<JsonNode> ReceiveOne(string queue, string query = "")
    {
        Answer answer = await Post($"{queue}/receive?wait=10s{query}");
        Assert.Equal(200, answer.Status);
        return Assert.Single(answer.Json["messages"]!.AsArray())!;
    }
}

/// <summary>What came back.</summary>
internal sealed record Answer(int Status, string MediaType, byte[] Bytes, Dictionary<string, string> Headers)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonNode Json => JsonNode.Parse(Bytes)!;

    public string Code => (string)Json["code"]!;

    public static async Task<Answer> Read(HttpResponseMessage response)
    {
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (HttpHeaders some in new HttpHeaders[] { response.Headers, response.Content.Headers })
        {
            foreach ((string name, IEnumerable<string> values) in some.NonValidated.Select(
                header => (header.Key, (IEnumerable<string>)header.Value)))
                headers[name] = string.Join(", ", values);
        }

        string media = headers.GetValueOrDefault("Content-Type", "").Split(';')[0];
        return new Answer((int)response.StatusCode, media, await response.Content.ReadAsByteArrayAsync(), headers);
    }

    /// <summary>Every error has the same shape, and names itself consistently.</summary>
    public void ShouldBeAProblem()
    {
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal(Status, (int)Json["status"]!);
        Assert.Equal("/problems/" + Code, (string)Json["type"]!);
        Assert.NotEmpty((string)Json["title"]!);
        Assert.NotEmpty((string)Json["detail"]!);
        Assert.NotEmpty((string)Json["traceId"]!);
        if (Status is 429 or 503) Assert.Contains("Retry-After", Headers);
    }

    /// <summary>The problem is of this kind.</summary>
    public void ShouldBeProblem(int status, string code) => Assert.Equal((status, code), (Status, Code));

    /// <summary>The problem is of this kind, and names the part that is to blame.</summary>
    public void ShouldBlame(int status, string code, params string[] parts)
    {
        Assert.True(status == Status && code == Code, $"expected {status} {code}, got {Status} {Text}");
        foreach (string part in parts)
            Assert.True(Json["errors"]?[part] is not null, $"{part} is not blamed: {Text}");
    }
}
