namespace QueueService.Benchmarks.Load;

/// <summary>One thread of load: requests and replies, or lines over requests that last.</summary>
internal interface ILoadLoop : IDisposable
{
    /// <summary>Belongs to the loop's thread while <see cref="Run"/> is running.</summary>
    LoadTally Tally { get; }

    bool Measuring { set; }

    void Run();

    void Stop();
}
