namespace QueueService.Server.Jobs;

/// <summary>What is known about the runs of one job since the server started. Instants are Unix milliseconds.</summary>
internal sealed record JobState(Job Job)
{
    public bool Running { get; init; }

    public bool Paused { get; init; }

    /// <summary>Null before the first run.</summary>
    public long? LastRunAt { get; init; }

    public long LastDurationMilliseconds { get; init; }

    /// <summary>Null before the end of the first run.</summary>
    public bool? LastSucceeded { get; init; }

    public string LastResult { get; init; } = "";

    /// <summary>Null while it is paused.</summary>
    public long? NextRunAt { get; init; }
}
