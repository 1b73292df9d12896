using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>The same request over and over, each a round of its own.</summary>
internal sealed class RepeatedRequest(ReadOnlyMemory<byte> request, int messages) : Conversation
{
    public override ReadOnlyMemory<byte> Request => request;

    public override Progress Advance(HttpReply reply) => Progress.Finished(messages);

    public override void Restart()
    {
        // Every request starts a round.
    }
}
