using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.Streams;
using QueueService.Server.Streams.QueueViews;
using QueueService.Server.Topics;

namespace QueueService.Server.Queues;

/// <summary>A queue, a topic or a subscription as JSON.</summary>
internal static class DefinitionJson
{
    public static Task Answer(HttpContext http, int status, QueueDescription definition)
    {
        http.Response.Headers.ETag = ETags.Quote(definition.ETag);
        JsonOutput output = JsonOutput.Rent();
        Write(output, definition);
        return http.Answer(status, Answers.Json, output);
    }

    /// <summary>A page of a listing.</summary>
    /// <param name="next">The name after which the next page starts; null on the last.</param>
    public static Task Answer(HttpContext http, QueuePage page, string? next)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        for (int i = 0; i < page.Queues.Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            Write(output, page.Queues[i]);
        }

        Pages.Close(http, output, next is null ? null : Pages.AfterName(next));
        return http.Answer(200, Answers.Json, output);
    }

    private static void Write(JsonOutput output, QueueDescription definition)
    {
        switch (definition.Name.Kind)
        {
            case QueueKind.Stream: StreamJson.Write(output, definition); break;
            case QueueKind.QueueView: QueueViewJson.Write(output, definition); break;
            case QueueKind.Topic: TopicJson.Write(output, definition); break;
            case QueueKind.Subscription: SubscriptionJson.Write(output, definition); break;
            default: QueueJson.Write(output, definition); break;
        }
    }
}
