using System.IO.Pipelines;

namespace QueueService.Benchmarks.Floor;

/// <summary>
/// The least that any HTTP server on Kestrel costs: the routes of the queue API, mapped the way the server maps them, a
/// body read to its end and a sample answer of the same size. Whatever the server costs above it is ours.
/// </summary>
internal static class FloorServer
{
    public static async Task<int> RunAsync(Uri url, int bodyLength, CancellationToken cancellation)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        // As the server's: the floor must not lose by a setting.
        builder.WebHost.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.UseUrls(url.ToString());

        await using WebApplication floor = builder.Build();
        Map(floor, new FloorAnswers(bodyLength));
        await floor.RunAsync(cancellation);
        return 0;
    }

    private static void Map(WebApplication floor, FloorAnswers answers)
    {
        RequestDelegate send = http =>
        {
            http.Response.Headers.Location = FloorAnswers.Location;
            return AnswerAsync(http, StatusCodes.Status201Created, answers.Sent);
        };
        RequestDelegate sendBatch = http => AnswerAsync(http, StatusCodes.Status201Created, answers.SentBatch);
        RequestDelegate receive = http =>
            AnswerAsync(http, StatusCodes.Status200OK, answers.Received(http.Request.QueryString));
        RequestDelegate acknowledge = http => AnswerAsync(http, StatusCodes.Status200OK, answers.Acknowledged);
        RequestDelegate none = http => AnswerAsync(http, StatusCodes.Status204NoContent, []);

        floor.MapPost("/v1/queues/{queue}/messages", send);
        floor.MapPost("/v1/queues/{queue}/messages/batch", sendBatch);
        floor.MapPost("/v1/queues/{queue}/receive", receive);
        floor.MapPost("/v1/queues/{queue}/acknowledge", acknowledge);
        floor.MapDelete("/v1/queues/{queue}/receipts/{receiptHandle}", none);
        floor.MapPut("/v1/queues/{queue}", none);
        floor.MapDelete("/v1/queues/{queue}", none);
        floor.MapGet("/health/ready", none);
    }

    private static async Task AnswerAsync(HttpContext http, int status, byte[] body)
    {
        PipeReader request = http.Request.BodyReader;
        while (true)
        {
            ReadResult read = await request.ReadAsync(http.RequestAborted);
            request.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) break;
        }

        HttpResponse response = http.Response;
        response.StatusCode = status;
        response.Headers["Message-Durability"] = "fsync";
        if (status == StatusCodes.Status204NoContent) return;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body, http.RequestAborted);
    }
}
