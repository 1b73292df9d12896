using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace QueueService.Server.Tests.Faults;

/// <summary>What came back; no status means that the connection broke first and the outcome is unknown.</summary>
internal readonly record struct Answer(HttpStatusCode? Status, string Body)
{
    public bool Unknown => Status is null;

    public bool Succeeded => Status is { } status && (int)status is >= 200 and < 300;

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The problem's code, or nothing.</summary>
    public string? Problem => !Succeeded && !Unknown && Json.TryGetProperty("code", out JsonElement code)
        ? code.GetString()
        : null;

    public override string ToString() => Unknown ? "no answer" : $"{(int)Status!} {Body}";
}

/// <summary>One delivery of one message.</summary>
internal readonly record struct Delivery(string Body, string Receipt, int ReceiveCount);

/// <summary>One user of one queue over one keep-alive connection, for as long as the server lives.</summary>
internal sealed class QueueClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _path;

    /// <param name="queue">A name, or the path of a topic or a subscription.</param>
    public QueueClient(Uri server, string queue)
    {
        _http = new HttpClient { BaseAddress = server };
        _path = queue.StartsWith('/') ? queue : "/v1/queues/" + queue;
    }

    public HttpClient Http => _http;

    public Task<Answer> Create(string config = "{}") => Ask(HttpMethod.Put, "", Json(config));

    public Task<Answer> Send(string body) => Ask(HttpMethod.Post, "/messages", new StringContent(body));

    /// <summary>All or nothing.</summary>
    public Task<Answer> SendBatch(IEnumerable<string> bodies) => Ask(
        HttpMethod.Post, "/messages/batch",
        Json(JsonSerializer.Serialize(new { messages = bodies.Select(body => new { body }) })));

    /// <summary>Receives, and acknowledges earlier messages in the same commit: a status for each of them.</summary>
    public async Task<(Answer Answer, Delivery[] Messages, int[] Statuses)> Receive(
        int max, string wait, string visibility, params IReadOnlyCollection<string> acknowledge)
    {
        string query = string.Create(
            CultureInfo.InvariantCulture, $"/receive?max={max}&wait={wait}&visibilityTimeout={visibility}");
        using StringContent? body =
            acknowledge.Count == 0 ? null : Json(JsonSerializer.Serialize(new { acknowledge }));
        Answer answer = await Ask(HttpMethod.Post, query, body);
        return answer.Succeeded ? (answer, Messages(answer.Json), Statuses(answer.Json)) : (answer, [], []);
    }

    public Task<Answer> Acknowledge(string receipt) => Ask(HttpMethod.Delete, "/receipts/" + receipt, null);

    /// <summary>Acknowledges several in one commit; a status for each, in the order asked, when there is an answer.
    /// </summary>
    public async Task<(Answer Answer, int[] Statuses)> AcknowledgeBatch(IEnumerable<string> receiptHandles)
    {
        Answer answer = await Ask(
            HttpMethod.Post, "/acknowledge", Json(JsonSerializer.Serialize(new { receiptHandles })));
        return (answer, answer.Succeeded ? Statuses(answer.Json) : []);
    }

    public Task<Answer> Release(string receipt) => Ask(HttpMethod.Post, $"/receipts/{receipt}/release", null);

    /// <summary>A number of the queue's statistics.</summary>
    public async Task<long> Statistic(string name)
    {
        Answer answer = await Ask(HttpMethod.Get, "", null);
        return answer.Json.GetProperty("stats").GetProperty(name).GetInt64();
    }

    public void Dispose() => _http.Dispose();

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static Delivery[] Messages(JsonElement answer) =>
    [
        .. answer.GetProperty("messages").EnumerateArray().Select(message => new Delivery(
            message.GetProperty("body").GetString()!,
            message.GetProperty("receiptHandle").GetString()!,
            message.GetProperty("receiveCount").GetInt32())),
    ];

    /// <summary>Of a batch its results; of a receive the messages that it acknowledged, if any.</summary>
    private static int[] Statuses(JsonElement answer) =>
        answer.TryGetProperty("results", out JsonElement results) ||
        answer.TryGetProperty("acknowledged", out results)
            ? [.. results.EnumerateArray().Select(result => result.GetProperty("status").GetInt32())]
            : [];

    private async Task<Answer> Ask(HttpMethod verb, string path, HttpContent? body)
    {
        using var request = new HttpRequestMessage(verb, new Uri(_path + path, UriKind.Relative));
        request.Content = body;
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request);
            return new Answer(answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return default;
        }
    }
}
