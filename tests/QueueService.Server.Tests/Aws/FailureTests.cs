using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using QueueService.Aws;
using QueueService.Aws.Protocol;
using QueueService.Aws.Sns;
using QueueService.Aws.Sqs;
using QueueService.Broker;
using QueueService.Server.Tests.Aws.Sns;
using QueueService.Server.Tests.Aws.Sqs;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Aws;

/// <summary>What goes wrong outside of the actions is told in the form that SDKs read, too.</summary>
public sealed class FailureTests(FailingServer server) : IClassFixture<FailingServer>
{
    private const string Json = "X-Amz-Target: AmazonSQS.ListQueues\r\nContent-Type: application/x-amz-json-1.0\r\n";
    private const string Query = "Content-Type: application/x-www-form-urlencoded\r\n";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    [Fact]
    public async Task A_mistake_of_the_server_is_an_internal_failure_in_JSON()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, server.Address)
        {
            Content = new StringContent("""{"QueueName":"mistake"}"""),
        };
        request.Headers.Add("X-Amz-Target", "AmazonSQS.CreateQueue");
        using HttpResponseMessage response = await Fail(request);
        Assert.Equal("application/x-amz-json-1.0", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("InternalFailure;Receiver", Assert.Single(response.Headers.GetValues("x-amzn-query-error")));
        JsonNode error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal("com.amazon.coral.service#InternalFailure", (string)error["__type"]!);
        Assert.Contains(
            "Whether the request was carried out is not known", (string)error["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_of_the_server_is_an_internal_failure_in_XML() => await FailQuery(
        "http://queue.amazonaws.com/doc/2012-11-05/", "InternalFailure", ("Action", "CreateQueue"),
        ("QueueName", "mistake"));

    [Fact]
    public async Task A_mistake_of_the_server_is_the_internal_error_of_SNS()
    {
        SnsApi sns = new(server.Address);
        string topic = await sns.NewTopic();
        (_, string queue) = await sns.NewQueue();
        await FailQuery(
            "http://sns.amazonaws.com/doc/2010-03-31/", "InternalError", ("Action", "Subscribe"),
            ("Version", "2010-03-31"), ("TopicArn", topic), ("Protocol", "sqs"), ("Endpoint", queue));
        await sns.Subscribe(topic, "sqs", queue);
    }

    [Theory]
    [InlineData("zz\r\nab\r\n0\r\n\r\n")]
    [InlineData("ffffffffffffffff\r\nab")]
    public async Task A_body_that_is_no_body_is_malformed(string chunks)
    {
        const string Chunked = "Transfer-Encoding: chunked\r\n\r\n";
        await Refuse(400, Json + Chunked + chunks, "com.amazon.coral.service#SerializationException");
        await Refuse(400, Query + Chunked + chunks, "<Type>Sender</Type><Code>MalformedInput</Code>");
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_and_the_answer_gets_through()
    {
        string large = new('x', 16 * 1_048_576 + 1);
        string length = $"Content-Length: {large.Length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n";
        await Refuse(413, Json + length + large, "x-amzn-query-error: RequestEntityTooLarge;Sender");
        await Refuse(413, Query + length + large, "<Code>RequestEntityTooLarge</Code>");
    }

    [Fact]
    public async Task Too_many_bodies_at_once_are_told_to_come_again()
    {
        using TcpClient other = new(server.Address.Host, server.Address.Port);
        NetworkStream stream = other.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST / HTTP/1.1\r\nHost: x\r\n{Json}Content-Length: {16 * 1_048_576}\r\nExpect: 100-continue\r\n\r\n"));
        byte[] go = new byte[12];
        await stream.ReadExactlyAsync(go);
        Assert.Equal("HTTP/1.1 100", Encoding.ASCII.GetString(go));
        await Refuse(
            503, Json + "Content-Length: 2\r\n\r\n{}", "x-amzn-query-error: ServiceUnavailable;Receiver");
        await Refuse(
            503, Query + "Content-Length: 17\r\n\r\nAction=ListQueues",
            "<Type>Receiver</Type><Code>ServiceUnavailable</Code>");
    }

    [Theory]
    [InlineData(400, "MalformedInput")]
    [InlineData(408, "RequestTimeout")]
    [InlineData(413, "RequestEntityTooLarge")]
    [InlineData(500, "InternalFailure")]
    [InlineData(503, "ServiceUnavailable")]
    public async Task Every_failure_has_a_code(int status, string code)
    {
        DefaultHttpContext http = new();
        using MemoryStream answer = new();
        http.Response.Body = answer;
        http.Request.Method = "POST";
        http.Request.Headers["X-Amz-Target"] = "AmazonSQS.SendMessage";
        await AwsFailure.Write(http, status, "It happened.");
        Assert.Equal(status, http.Response.StatusCode);
        Assert.Equal($"{code};{(status < 500 ? "Sender" : "Receiver")}", http.Response.Headers["x-amzn-query-error"]);
    }

    [Theory]
    [InlineData(BrokerError.ShuttingDown, "ServiceUnavailable")]
    [InlineData(BrokerError.TierUnavailable, "ServiceUnavailable")]
    [InlineData(BrokerError.Overloaded, "RequestThrottled", "Throttled")]
    [InlineData(BrokerError.DiskFull, "ServiceUnavailable", "InternalError")]
    public void The_state_of_the_server_is_told_by_both_services(BrokerError error, string sqs, string? sns = null)
    {
        Assert.Equal(sqs, SqsErrors.Of(null!, error).Kind.Code);
        Assert.Equal(sns ?? sqs, SnsErrors.Of(error).Kind.Code);
    }

    [Fact]
    public async Task A_server_that_stops_ends_waiting_receives_with_what_there_is()
    {
        ManualTimeProvider time = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
        await using LiveServer stopping = new(time);
        SqsClient json = new(stopping.Http1, query: false), query = new(stopping.Http1, query: true);
        string url = await json.NewQueue();
        JsonObject Wait() => new() { ["WaitTimeSeconds"] = 20 };
        Task<SqsMessage[]> first = json.Receive(url, more: Wait());
        Task<SqsMessage[]> second = query.Receive(url, more: Wait());

        // It still listens until its clock moves.
        stopping.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.Empty(await first);
        Assert.Empty(await second);
    }

    /// <summary>Sends what the server makes a mistake with, and looks whether it has said so.</summary>
    private async Task<HttpResponseMessage> Fail(HttpRequestMessage request)
    {
        request.Headers.Add(FailingServer.Header, "once");
        HttpResponseMessage response = await Http.SendAsync(request);
        Assert.Equal(500, (int)response.StatusCode);
        string? complaint = server.TakeComplaint();
        Assert.StartsWith("POST / failed", complaint, StringComparison.Ordinal);
        Assert.Contains(FailingServer.Reason, complaint, StringComparison.Ordinal);
        return response;
    }

    private async Task FailQuery(string space, string code, params (string Name, string Value)[] parameters)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, server.Address)
        {
            Content = new FormUrlEncodedContent(
                parameters.Select(static one => KeyValuePair.Create(one.Name, one.Value))),
        };
        using HttpResponseMessage response = await Fail(request);
        Assert.Equal("text/xml", response.Content.Headers.ContentType!.MediaType);
        XElement xml = XElement.Parse(await response.Content.ReadAsStringAsync());
        XNamespace names = space;
        XElement error = xml.Element(names + "Error")!;
        Assert.Equal(
            (names + "ErrorResponse", "Receiver", code),
            (xml.Name, error.Element(names + "Type")!.Value, error.Element(names + "Code")!.Value));
        string id = Assert.Single(response.Headers.GetValues("x-amzn-RequestId"));
        Assert.Equal(id, xml.Element(names + "RequestId")!.Value);
    }

    private async Task Refuse(int status, string headersAndBody, string part)
    {
        string answer = await Exchange(headersAndBody);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains(part, answer, StringComparison.Ordinal);
    }

    private async Task<string> Exchange(string headersAndBody)
    {
        using TcpClient client = new(server.Address.Host, server.Address.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headersAndBody));
        using StreamReader reader = new(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync();
    }
}

/// <summary>A server that makes a mistake where a request asks for it: its scheme cannot be read.</summary>
public sealed class FailingServer : RunningServer
{
    internal const string Header = "X-Mistake";
    internal const string Reason = "a mistake of the test";

    protected override void Configure(IWebHostBuilder builder)
    {
        builder.UseSetting("Limits:MaxBodiesInFlightBytes", "16777216");
        builder.ConfigureServices(static services => services.AddSingleton<IStartupFilter>(new Mistakes()));
    }

    private sealed class Mistakes : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(static (http, go) =>
            {
                IHttpRequestFeature request = http.Features.GetRequiredFeature<IHttpRequestFeature>();
                if (request.Headers.ContainsKey(Header))
                    http.Features.Set<IHttpRequestFeature>(new Unreadable(request));
                return go(http);
            });
            next(app);
        };
    }

    private sealed class Unreadable(IHttpRequestFeature request) : IHttpRequestFeature
    {
        private bool _wasAsked;

        public string Scheme
        {
            get
            {
                if (_wasAsked) return request.Scheme;
                _wasAsked = true;
                throw new InvalidOperationException(Reason);
            }

            set => request.Scheme = value;
        }

        public string Protocol { get => request.Protocol; set => request.Protocol = value; }

        public string Method { get => request.Method; set => request.Method = value; }

        public string PathBase { get => request.PathBase; set => request.PathBase = value; }

        public string Path { get => request.Path; set => request.Path = value; }

        public string QueryString { get => request.QueryString; set => request.QueryString = value; }

        public string RawTarget { get => request.RawTarget; set => request.RawTarget = value; }

        public IHeaderDictionary Headers { get => request.Headers; set => request.Headers = value; }

        public Stream Body { get => request.Body; set => request.Body = value; }
    }
}
