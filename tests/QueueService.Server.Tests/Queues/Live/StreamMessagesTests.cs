using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues.Live;

[Collection(LiveCollection.Name)]
public sealed class StreamMessagesTests(LiveServer server)
{
    private const string Lines = "Content-Type: application/x-ndjson";

    public static TheoryData<string> Protocols => ["HTTP/1.1", "h2c", "h2"];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_line_is_answered_when_it_is_stored_while_the_request_goes_on(string protocol)
    {
        string queue = await server.Api.NewQueue();
        using DuplexRequest stream = await DuplexRequest.Open(server, protocol, queue + "/messages/stream");
        for (int i = 0; i < 3; i++)
        {
            await stream.Write($$$"""{"body":"{{{i}}}","attributes":{"n":{{{i}}}}}""");
            JsonNode result = await stream.Expect();
            Assert.Equal((201, i), ((int)result["status"]!, (int)result["sequenceNumber"]!));
            Answer found = await server.Api.Get($"{queue}/messages/{result["id"]}");
            Assert.Equal((200, $"{i}"), (found.Status, (string)found.Json["body"]!));
        }

        await stream.End();
        Assert.Null(await stream.Read());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Thousands_of_messages_are_pipelined_and_answered_in_order(string protocol)
    {
        const int Count = 20_000;
        string queue = await server.Api.NewQueue();
        using DuplexRequest stream = await DuplexRequest.Open(server, protocol, queue + "/messages/stream");
        await Task.WhenAll(WriteAll(stream, Count), ReadAll());
        Assert.Null(await stream.Read());
        Assert.Equal(Count, (int)(await server.Api.Get(queue)).Json["stats"]!["available"]!);

        async Task ReadAll()
        {
            for (int i = 0; i < Count; i++) Assert.Equal(i, (int)(await stream.Expect())["sequenceNumber"]!);
        }
    }

    [Fact]
    public async Task An_HttpClient_that_writes_everything_before_it_reads_gets_every_result()
    {
        const int Count = 5_000;
        string queue = await server.Api.NewQueue();
        string body = string.Concat(Enumerable.Repeat("{\"body\":\"x\"}\n", Count));
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(server.Http1, queue + "/messages/stream"))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/x-ndjson"),
        };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage answer = await client.SendAsync(request);
        Assert.Equal("fsync", answer.Headers.GetValues("Message-Durability").Single());
        string[] results = (await answer.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');
        Assert.Equal(Count, results.Length);
        Assert.All(results, result => Assert.Equal(201, (int)JsonNode.Parse(result)!["status"]!));
    }

    [Fact]
    public async Task Curl_streams_its_standard_input()
    {
        string queue = await server.Api.NewQueue();
        ProcessStartInfo start = new(
            "curl", ["-sS", "-X", "POST", "-T", "-", new Uri(server.Http1, queue + "/messages/stream").ToString()])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process curl = Process.Start(start)!;
        await curl.StandardInput.WriteAsync("{\"body\":\"a\"}\n{\"body\":\"b\"}\nno\n{\"body\":\"c\"}");
        curl.StandardInput.Close();
        string[] results = (await curl.StandardOutput.ReadToEndAsync()).TrimEnd('\n').Split('\n');
        await curl.WaitForExitAsync();
        Assert.Equal([201, 201, 400, 201], results.Select(result => (int)JsonNode.Parse(result)!["status"]!));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_bad_line_answers_a_problem_and_the_stream_goes_on(string protocol)
    {
        string queue = await server.Api.NewQueue("""{"maxMessageBytes":1024}""");
        using DuplexRequest stream = await DuplexRequest.Open(server, protocol, queue + "/messages/stream");
        await stream.Write(
            "{\"body\":\"good\"}", "nonsense", "", "{\"body\":\"a\",\"colour\":\"red\"}", "{}", "[1]",
            $$"""{"body":"{{new string('x', 1_025)}}"}""", "{\"body\":\"a\",\"deliverAt\":\"2000-13-01\"}",
            "{\"body\":\"good\"}\r");
        JsonNode[] results = new JsonNode[8];
        for (int i = 0; i < results.Length; i++) results[i] = await stream.Expect();
        Assert.Equal([201, 400, 400, 400, 400, 413, 400, 201], results.Select(result => (int)result["status"]!));
        Assert.Equal("malformed-json", (string)results[1]["problem"]!["code"]!);
        Assert.NotNull(results[2]["problem"]!["errors"]!["/colour"]);
        Assert.NotNull(results[6]["problem"]!["errors"]!["/deliverAt"]);
        Assert.Equal("message-too-large", (string)results[5]["problem"]!["code"]!);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_refused_without_being_kept_and_the_next_one_is_read()
    {
        string queue = await server.Api.NewQueue("""{"maxMessageBytes":16777216}""");
        using DuplexRequest stream = await DuplexRequest.Open(server, "HTTP/1.1", queue + "/messages/stream");
        byte[] piece = Encoding.ASCII.GetBytes(new string('x', 1_048_576));
        Task writing = WriteLong();
        Assert.Equal(413, (int)(await stream.Expect())["status"]!);
        await writing;
        Assert.Equal(201, (int)(await stream.Expect())["status"]!);
        await stream.Write($$"""{"body":"{{new string('y', 2_000_000)}}"}""");
        Assert.Equal(201, (int)(await stream.Expect())["status"]!);
        await stream.End();
        Assert.Null(await stream.Read());

        async Task WriteLong()
        {
            await stream.WriteBytes("{\"body\":\""u8.ToArray());
            for (int i = 0; i < 20; i++) await stream.WriteBytes(piece);
            await stream.WriteBytes("\"}\n{\"body\":\"next\"}\n"u8.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_client_that_does_not_read_its_results_is_not_read_from(string protocol)
    {
        const int Burst = 500;
        string queue = await server.Api.NewQueue();
        using DuplexRequest stream = await DuplexRequest.Open(server, protocol, queue + "/messages/stream");
        string[] burst = [.. Enumerable.Repeat("{\"body\":\"x\"}", Burst)];
        Task writing = stream.Write(burst);
        int written = 0;
        // The buffers on the way hold a few megabytes; a server without back-pressure would take this for ever.
        while (written < 4_000_000)
        {
            if (await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System)) != writing) break;
            await writing;
            written += Burst;
            writing = stream.Write(burst);
        }

        Assert.False(writing.IsCompleted, $"{written} lines were taken.");
        for (int i = 0; i < written; i++) Assert.Equal(i, (int)(await stream.Expect())["sequenceNumber"]!);
        await writing;
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_queue_that_is_deleted_ends_the_stream_after_the_answer(string protocol)
    {
        string queue = await server.Api.NewQueue();
        using DuplexRequest stream = await DuplexRequest.Open(server, protocol, queue + "/messages/stream");
        await stream.Write("{\"body\":\"x\"}");
        Assert.Equal(201, (int)(await stream.Expect())["status"]!);
        Assert.Equal(204, (await server.Api.Delete(queue)).Status);
        await stream.Write("{\"body\":\"x\"}");
        JsonNode result = await stream.Expect();
        Assert.Equal((404, "queue-not-found"), ((int)result["status"]!, (string)result["problem"]!["code"]!));
        Assert.Null(await stream.Read());
    }

    [Fact]
    public async Task What_cannot_begin_is_a_problem_document()
    {
        string queue = await server.Api.NewQueue();
        (await server.Api.Post("/v1/queues/nobody/messages/stream", "{}", Lines)).ShouldBlame(404, "queue-not-found");
        (await server.Api.Post(queue + "/messages/stream", "{}", "Content-Type: text/csv"))
            .ShouldBlame(415, "unsupported-media-type");
        (await server.Api.Post(queue + "/messages/stream?partial=true", "{}", Lines))
            .ShouldBlame(400, "invalid-request", "?partial");
        (await server.Api.Post(queue + "/messages/stream", "{}", Lines, "Message-Delay: 5"))
            .ShouldBlame(400, "invalid-request", "Message-Delay");
        (await server.Api.Post(queue + "/messages/stream", "{}", Lines, "Content-Encoding: gzip"))
            .ShouldBlame(415, "unsupported-content-encoding");
    }

    private static async Task WriteAll(DuplexRequest stream, int count)
    {
        for (int i = 0; i < count; i += 1_000)
            await stream.Write([.. Enumerable.Range(i, 1_000).Select(n => $$"""{"body":"{{n}}"}""")]);
        await stream.End();
    }
}
