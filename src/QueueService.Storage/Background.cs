namespace QueueService.Storage;

/// <summary>One piece of work of the background writer, and what its owner does when it is done.</summary>
internal abstract class BackgroundJob
{
    /// <summary>Why it did not succeed; null when it did.</summary>
    public Exception? Failure { get; set; }

    /// <summary>On the background thread. Throws IOException when the disk fails.</summary>
    public abstract void Run();

    /// <summary>Lets go of what it holds; it will not run, or has run.</summary>
    public virtual void Abandon()
    {
    }

    /// <summary>On the owner's thread, in the order of the work.</summary>
    public abstract void Complete(Store store);
}

/// <summary>
/// The one thread that writes segments, snapshots and spare journal files, in order, so that the loop never waits for
/// anything but its own journal. In a simulation the owner's thread does its work instead.
/// </summary>
internal sealed class Background : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<BackgroundJob> _waiting = new();
    private readonly Queue<BackgroundJob> _done = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly SemaphoreSlim _progress = new(0);
    private readonly Thread? _thread;
    private readonly Action _wake;
    private volatile bool _stopping;

    public Background(bool singleThreaded, Action wake)
    {
        _wake = wake;
        if (singleThreaded) return;
        _thread = new Thread(Loop) { Name = "storage-writer", IsBackground = true };
        _thread.Start();
    }

    public void Enqueue(BackgroundJob job)
    {
        lock (_gate) _waiting.Enqueue(job);
        _available.Release();
    }

    /// <summary>Gives the finished work back; runs waiting work first when there is no thread for it.</summary>
    public bool TryTakeDone(out BackgroundJob? job)
    {
        if (_thread is null && _available.Wait(0)) RunNext();
        lock (_gate) return _done.TryDequeue(out job);
    }

    /// <summary>Waits until something is finished: the loop's last resort when memory is far over its budget.</summary>
    public void WaitForProgress()
    {
        if (_thread is null) return;
        _progress.Wait(TimeSpan.FromMilliseconds(100));
    }

    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        _available.Release();
        _thread?.Join();
        foreach (BackgroundJob job in _waiting) job.Abandon();
        foreach (BackgroundJob job in _done) job.Abandon();
        _available.Dispose();
        _progress.Dispose();
    }

    private void Loop()
    {
        while (true)
        {
            _available.Wait();
            if (_stopping) return;
            RunNext();
            if (_progress.CurrentCount == 0) _progress.Release();
            _wake();
        }
    }

    private void RunNext()
    {
        BackgroundJob? job;
        lock (_gate) _waiting.TryDequeue(out job);
        if (job is null) return;
        try
        {
            job.Run();
        }
        catch (Exception failure)
        {
            // The root of this thread: the failure goes to the owner, which decides what it means.
            job.Failure = failure;
        }

        lock (_gate) _done.Enqueue(job);
    }
}
