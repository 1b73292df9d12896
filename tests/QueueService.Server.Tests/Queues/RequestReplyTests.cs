using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class RequestReplyTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_request_is_answered_by_whoever_receives_it()
    {
        string queue = await _api.NewQueue();
        Task<Answer> call = _api.Post($"{queue}/request?wait=20s", "2 + 2", "Message-Attribute-Unit: apples");
        JsonNode request = await _api.ReceiveOne(queue);
        Assert.Equal("2 + 2", (string)request["body"]!);
        string replyTo = (string)request["replyTo"]!;
        string id = (string)request["correlationId"]!;
        Answer sent = await _api.Post(
            $"/v1/queues/{replyTo}/messages", "4", $"Message-Correlation-Id: {id}", "Message-Attribute-Exact: yes");
        Assert.Equal(201, sent.Status);
        Answer answer = await call;
        Assert.Equal((200, "4"), (answer.Status, answer.Text));
        Assert.Equal(
            (id, "yes"), (answer.Headers["Message-Correlation-Id"], answer.Headers["Message-Attribute-exact"]));
        Assert.Equal("text/plain", answer.Headers["Content-Type"]);
    }

    [Fact]
    public async Task Each_of_many_requests_gets_its_own_answer()
    {
        string queue = await _api.NewQueue();
        Task<Answer>[] calls =
            [.. Enumerable.Range(0, 20).Select(n => _api.Post($"{queue}/request?wait=30s", $"{n}"))];
        for (int answered = 0; answered < calls.Length;)
        {
            foreach (JsonNode? request in (await _api.Post($"{queue}/receive?max=10&wait=10s")).Json["messages"]!.AsArray())
            {
                await _api.Post(
                    $"/v1/queues/{request!["replyTo"]}/messages", $"{(string)request["body"]!} squared",
                    $"Message-Correlation-Id: {request["correlationId"]}");
                answered++;
            }
        }

        Answer[] answers = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 20).Select(static n => $"{n} squared"), answers.Select(static a => a.Text));
    }

    [Fact]
    public async Task Without_an_answer_the_request_ends_with_its_wait_and_nobody_receives_it_later()
    {
        string queue = await _api.NewQueue();
        (await _api.Post($"{queue}/request?wait=1ms", "anybody?")).ShouldBlame(504, "reply-timeout");
        Assert.Empty((await _api.Post($"{queue}/receive")).Json["messages"]!.AsArray());
        Assert.Equal(1, (int)(await _api.Get(queue)).Json["stats"]!["expiredTotal"]!);
    }

    [Fact]
    public async Task Past_the_limit_of_waiting_requests_the_next_one_is_told_so()
    {
        string queue = await _api.NewQueue();
        ReplyInbox replies = server.Services.GetRequiredService<BrokerHost>().Replies;
        string[] ids = [.. Enumerable.Range(0, Limits.PendingRequests).Select(static n => $"waiting-{n}")];
        Assert.All(ids, id => Assert.Null(replies.Expect(id, out _)));
        Answer refused = await _api.Post($"{queue}/request?wait=20s", "1");
        refused.ShouldBlame(429, "too-many-pending-requests");
        Assert.Equal("1", refused.Headers["Retry-After"]);
        (await _api.Post($"{queue}/request?correlationId=waiting-7", "1")).ShouldBlame(409, "correlation-in-use");
        foreach (string id in ids) replies.Forget(id);
        (await _api.Post($"{queue}/request?wait=1ms", "1")).ShouldBlame(504, "reply-timeout");
    }

    [Fact]
    public async Task What_contradicts_a_request_is_refused()
    {
        string queue = await _api.NewQueue();
        (await _api.Post($"{queue}/request?wait=61s", "x")).ShouldBlame(400, "invalid-request", "?wait");
        (await _api.Post($"{queue}/request", "x", "Message-Reply-To: me"))
            .ShouldBlame(400, "invalid-request", "Message-Reply-To");
        (await _api.Post("/v1/queues/no-such-queue/request", "x")).ShouldBlame(404, "queue-not-found");
        (await _api.Put("/v1/queues/_reply.mine", "{}")).ShouldBlame(400, "invalid-request", "queue");
        Task<Answer> first = _api.Post($"{queue}/request?wait=20s&correlationId=same", "1");
        JsonNode request = await _api.ReceiveOne(queue);
        (await _api.Post($"{queue}/request?correlationId=same", "2")).ShouldBlame(409, "correlation-in-use");
        await _api.Post($"/v1/queues/{request["replyTo"]}/messages?correlationId=same", "done");
        Assert.Equal("done", (await first).Text);
    }
}
