using System.Reflection;
using System.Text.Json.Nodes;
using QueueService.Server.Http;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Http;

[Collection(ServerCollection.Name)]
public sealed class ProblemTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/v1/queues/a/b/c/d")]
    [InlineData("/v1/queues/jobs/undrive")]
    [InlineData("/v1/nosuch")]
    [InlineData("/favicon.ico")]
    public async Task An_unknown_address_is_a_problem(string path) =>
        (await _api.Send("GET", path)).ShouldBlame(404, "route-not-found");

    [Theory]
    [InlineData("POST", "/v1/queues", "GET")]
    [InlineData("PUT", "/v1/queues/a/messages", "GET, POST")]
    [InlineData("DELETE", "/health/live", "GET")]
    [InlineData("GET", "/v1/queues/a/receive", "POST")]
    [InlineData("OPTIONS", "/v1/queues/a/receive", "POST")]
    public async Task A_method_that_is_not_allowed_is_answered_with_those_that_are(
        string method, string path, string allow)
    {
        Answer answer = await _api.Send(method, path);
        answer.ShouldBlame(405, "method-not-allowed");
        Assert.Equal(allow, answer.Headers["Allow"]);
    }

    [Fact]
    public async Task Every_kind_of_problem_has_a_page_for_people_and_for_programs()
    {
        foreach (ProblemKind kind in ProblemKind.All)
        {
            Answer page = await _api.Get(kind.Type);
            Assert.Equal((200, "text/html"), (page.Status, page.MediaType));
            Assert.Contains(kind.Title, page.Text, StringComparison.Ordinal);
            JsonNode json = (await _api.Send("GET", kind.Type, null, "Accept: application/json")).Json;
            Assert.Equal((kind.Code, kind.Status), ((string)json["code"]!, (int)json["status"]!));
        }

        (await _api.Get("/problems/nonsense")).ShouldBlame(404, "route-not-found");
    }

    [Fact]
    public void No_kind_of_problem_is_forgotten_in_the_list_of_all() => Assert.Equivalent(
        typeof(ProblemKind).Assembly.GetTypes()
            .SelectMany(
                static type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(static field => field.FieldType == typeof(ProblemKind))
            .Select(static field => ((ProblemKind)field.GetValue(null)!).Code).Order(StringComparer.Ordinal),
        ProblemKind.All.Select(static kind => kind.Code).Order(StringComparer.Ordinal), strict: true);

    [Fact]
    public void Every_429_and_503_says_when_to_try_again() =>
        Assert.All(
            ProblemKind.All, kind => Assert.Equal(kind.Status is 429 or 503, kind.RetryAfterSeconds is not null));

    [Fact]
    public async Task The_trace_of_the_caller_is_in_the_problem()
    {
        Answer answer = await _api.Send(
            "GET", "/nowhere", null, "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", (string)answer.Json["traceId"]!);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/xml")]
    public async Task A_body_that_is_not_json_is_refused_where_json_is_expected(string contentType) =>
        (await _api.Put("/v1/queues/never", "{}", $"Content-Type: {contentType}"))
            .ShouldBlame(415, "unsupported-media-type");

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=\"UTF-8\"")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Json_by_its_usual_names_is_accepted(string contentType) =>
        Assert.Equal(201, (await _api.Put(
            "/v1/queues/" + Guid.CreateVersion7(), "{}", $"Content-Type: {contentType}")).Status);

    [Fact]
    public async Task Health_says_live_and_ready()
    {
        Assert.Equal("live", (string)(await _api.Get("/health/live")).Json["status"]!);
        Assert.Equal("ready", (string)(await _api.Get("/health/ready")).Json["status"]!);
        (await _api.Get("/health/live?x=1")).ShouldBlame(400, "invalid-request", "?x");
    }
}
