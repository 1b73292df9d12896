using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Operations;

[Collection(ServerCollection.Name)]
public sealed class KeyedImportTests(RunningServer server)
{
    private const string Lines = "Content-Type: application/x-ndjson";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task The_same_key_and_body_import_once_and_answer_the_same_operation_and_errors()
    {
        string queue = await _api.NewQueue();
        string key = Key();
        StringBuilder body = new("""{"body":"1"}""" + "\nnot json\n");
        for (int n = 0; n < 3_000; n++) body.AppendLine($$"""{"body":"{{new string('x', 100)}}"}""");
        body.Append("""{"body":"last, without an end of line"}""");
        Answer first = await _api.Post($"{queue}/import", body.ToString(), Lines, key);
        Assert.Equal((200, 3_002), (first.Status, (int)first.Json["operation"]!["result"]!["affected"]!));
        Answer second = await _api.Post($"{queue}/import", body.ToString(), Lines, key);
        Assert.Equal((200, first.Text), (second.Status, second.Text));
        Assert.Equal(
            ("true", first.Headers["Location"], "fsync"),
            (second.Headers["Idempotent-Replayed"], second.Headers["Location"], second.Headers["Message-Durability"]));
        Assert.False(first.Headers.ContainsKey("Idempotent-Replayed"));
        Assert.Equal(3_002, (int)(await _api.Get(queue)).Json["stats"]!["available"]!);
    }

    [Fact]
    public async Task The_same_key_with_another_body_or_option_is_refused()
    {
        string queue = await _api.NewQueue();
        string key = Key();
        Assert.Equal(200, (await _api.Post($"{queue}/import", """{"body":"1"}""", Lines, key)).Status);
        (await _api.Post($"{queue}/import", """{"body":"2"}""", Lines, key)).ShouldBlame(422, "idempotency-key-reused");
        (await _api.Post($"{queue}/import", """{"body":"1"}""" + "\n", Lines, key)).ShouldBlame(
            422, "idempotency-key-reused");
        (await _api.Post($"{queue}/import?dryRun=true", """{"body":"1"}""", Lines, key)).ShouldBlame(
            422, "idempotency-key-reused");
        (await _api.Post($"{await _api.NewQueue()}/import", """{"body":"1"}""", Lines, key)).ShouldBlame(
            422, "idempotency-key-reused");
        Assert.Equal(1, (int)(await _api.Get(queue)).Json["stats"]!["available"]!);
    }

    [Fact]
    [SuppressMessage("Reliability", "CA2025", Justification = "The answer is awaited before they are disposed.")]
    public async Task While_the_import_runs_its_key_is_in_use_and_when_it_was_cancelled_that_is_the_answer()
    {
        string queue = await _api.NewQueue();
        string key = Key();
        using OpenContent content = new("""{"body":"1"}""" + "\n");
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(server.Address, $"{queue}/import"));
        request.Content = content;
        Assert.True(request.Headers.TryAddWithoutValidation("Idempotency-Key", key.Split(": ")[1]));
        Task<HttpResponseMessage> running = client.SendAsync(request);
        string operation = await RunningImport(queue);
        (await _api.Post($"{queue}/import", """{"body":"1"}""", Lines, key)).ShouldBlame(409, "idempotency-key-in-use");
        Assert.Equal(200, (await _api.Delete(operation)).Status);
        content.End();
        using HttpResponseMessage ended = await running;
        Answer again = await _api.Post($"{queue}/import", "something else", Lines, key);
        Assert.Equal(
            (200, "true", "cancelled", operation),
            (again.Status, again.Headers["Idempotent-Replayed"], (string)again.Json["operation"]!["status"]!,
                again.Headers["Location"]));
    }

    private static string Key() => $"Idempotency-Key: {Guid.NewGuid()}";

    private async Task<string> RunningImport(string queue)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (true)
        {
            JsonNode? running = (await _api.Get("/v1/operations?kind=import&status=running")).Json["items"]!.AsArray()
                .FirstOrDefault(item => queue.EndsWith((string)item!["queue"]!, StringComparison.Ordinal));
            if (running is not null) return $"/v1/operations/{running["id"]}";
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A body that does not end before it is told to.</summary>
    private sealed class OpenContent : HttpContent
    {
        private readonly byte[] _bytes;
        private readonly SemaphoreSlim _end = new(0);

        public OpenContent(string text)
        {
            _bytes = Encoding.UTF8.GetBytes(text);
            Headers.ContentType = new("application/x-ndjson");
        }

        public void End() => _end.Release();

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await stream.WriteAsync(_bytes);
            await stream.FlushAsync();
            await _end.WaitAsync();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _end.Dispose();
            base.Dispose(disposing);
        }
    }
}
