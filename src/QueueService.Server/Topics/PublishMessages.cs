using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using QueueService.Server.Queues.Live;

namespace QueueService.Server.Topics;

/// <summary>Publishing is sending to the address of a topic.</summary>
internal static class PublishMessages
{
    private const string NoTiming =
        " A topic hands every message on at once: delay, time of delivery, time to live and priority are refused.";

    private static readonly Content Batch = Content.Json(
        "TopicMessageBatch", """{"messages":[{"body":"hello"},{"body":"world","attributes":{"tenant":"acme"}}]}""");

    private static readonly Operation Single = SendMessage.Description.At(
        Tags.Topics, ProblemKind.TopicNotFound, ProblemKind.OptionNotForTopics) with
    {
        Id = "publishMessage",
        Summary = "Publish a message",
        Description = SendMessage.Description.Description + NoTiming + " It is stored once, whatever the number of " +
            "subscriptions, and has the same id in each of them.",
        Parameters = [.. MessageOptions.Parameters.Where(static option => !MessageOptions.IsTiming(option.Name))],
        Replies =
        [
            .. SendMessage.Description.Replies.Select(
                static reply => reply with { Headers = [Answers.DurabilityHeader] }),
        ],
    };

    private static readonly Operation Many = SendMessageBatch.Description.At(
        Tags.Topics, ProblemKind.TopicNotFound, ProblemKind.OptionNotForTopics) with
    {
        Id = "publishMessageBatch",
        Summary = "Publish many messages",
        Description = SendMessageBatch.Description.Description + NoTiming,
        Request = [Batch, .. SendMessageBatch.Description.Request.Skip(1).Select(WithoutTiming)],
    };

    private static readonly Operation OneByOne =
        StreamMessages.Description.At(Tags.Topics, ProblemKind.TopicNotFound) with
    {
        Id = "publishMessageStream",
        Summary = "Publish messages one by one over one request",
        Description = StreamMessages.Description.Description + NoTiming,
        Request = [.. StreamMessages.Description.Request.Select(WithoutTiming)],
    };

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapOperation("POST", TopicRoutes.Messages, SendMessage.Handle, Single);
        routes.MapOperation("POST", TopicRoutes.Messages + "/batch", SendMessageBatch.Handle, Many);
        routes.MapOperation("POST", TopicRoutes.Messages + "/stream", StreamMessages.Handle, OneByOne);
    }

    private static Content WithoutTiming(Content content) => content.MediaType == ContentTypes.Lines
        ? content with { Example = "{\"body\":\"hello\"}\n{\"body\":\"world\",\"groupId\":\"customer-7\"}" }
        : content;
}
