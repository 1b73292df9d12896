namespace QueueService.Benchmarks.Load;

/// <summary>
/// What one client says, over and over: the request that is to be sent now, and what follows from its reply. A round
/// is the way of a message (or a batch) from its first request to its last reply. Runs on one thread and does not
/// allocate.
/// </summary>
internal abstract class Conversation
{
    /// <summary>The request to send now. Its bytes stay as they are until its reply is given to
    /// <see cref="Advance"/>.</summary>
    public abstract ReadOnlyMemory<byte> Request { get; }

    /// <summary>Takes a successful reply to <see cref="Request"/> and moves on to the next request.</summary>
    public abstract Progress Advance(HttpReply reply);

    /// <summary>Goes back to the first request of a round, after a reply that no round can go on from.</summary>
    public abstract void Restart();
}

/// <summary>What a reply meant for the round.</summary>
/// <param name="Messages">Messages that have now gone the whole way.</param>
/// <param name="EndsRound">The next request starts a new round.</param>
/// <param name="Problem">What was wrong with the reply although its status was a success.</param>
/// <param name="Detail">The reply that shows it.</param>
internal readonly record struct Progress(int Messages, bool EndsRound, string? Problem, string Detail)
{
    public static Progress Underway => default;

    public static Progress Finished(int messages) => new(messages, EndsRound: true, Problem: null, Detail: "");

    public static Progress Refused(string problem, HttpReply reply) =>
        new(0, EndsRound: true, problem, reply.Describe());
}
