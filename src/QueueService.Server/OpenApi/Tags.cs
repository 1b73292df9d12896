namespace QueueService.Server.OpenApi;

/// <summary>The groups of operations in the document.</summary>
internal static class Tags
{
    public const string Queues = "Queues";
    public const string Messages = "Messages";
    public const string Receipts = "Receipts";
    public const string Topics = "Topics";
    public const string Subscriptions = "Subscriptions";
    public const string Deliveries = "Deliveries";
    public const string Streams = "Streams";
    public const string Groups = "Consumer groups";
    public const string QueueViews = "Queue views";
    public const string DurableStreams = "DurableStreams";
    public const string Operations = "Operations";
    public const string Jobs = "Jobs";
    public const string Service = "Service";

    public static readonly IReadOnlyList<(string Name, string Description)> All =
    [
        (Queues, "Create, read, change, delete and purge queues."),
        (Messages, "Send, receive and look at messages."),
        (Receipts, "Finish, prolong or give back what was received."),
        (Topics, "Create, read, change and delete topics, and publish to them."),
        (Subscriptions, "What becomes of the messages of a topic; receive and settle those of a pull subscription."),
        (Deliveries, "What was sent to webhooks and what came back; attempt deliveries again."),
        (
            Streams,
            "Create, read, change and delete streams; append records to their partitions and read them by offset."),
        (Groups, "Read a stream together: members, what each of them owns, offsets and lag."),
        (QueueViews, "The records of a stream as a queue: receive them, and acknowledge each by itself."),
        (DurableStreams, "The open Durable Streams protocol: addresses to append to, to read, to follow and to fork."),
        (Operations, "Watch and cancel long work."),
        (Jobs, "What the server does by itself: watch, run, pause."),
        (Service, "Health of the server and explanations of problems."),
    ];
}
