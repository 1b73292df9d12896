using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams.QueueViews;

/// <summary>Pause and resume: the field `paused` as two verbs.</summary>
internal static class PauseQueueView
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map("pause", paused: true, new(
            "pauseQueueView", Tags.QueueViews, "Stop handing out records",
            "Receives get nothing until the view is resumed; the stream keeps the records for it as long as its " +
            "retention lasts. Leases that exist can be settled.")
        {
            IsKeyed = true,
            Replies = [new(204, "The view is paused.") { Headers = Schemas.DefinitionHeaders }],
            Problems = [QueueViewProblems.NotFound, ProblemKind.DiskFull],
        });
        Map("resume", paused: false, new(
            "resumeQueueView", Tags.QueueViews, "Hand out records again", "Receives that wait are served at once.")
        {
            IsKeyed = true,
            Replies = [new(204, "The view hands out records.") { Headers = Schemas.DefinitionHeaders }],
            Problems = [QueueViewProblems.NotFound, ProblemKind.DiskFull],
        });

        void Map(string verb, bool paused, Operation description) => routes.MapOperation(
            "POST", $"{QueueViewRoutes.View}/{verb}", (http, host) => PauseQueue.Handle(http, host, paused),
            description);
    }
}
