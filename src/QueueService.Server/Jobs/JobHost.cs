using System.Collections.Concurrent;
using Quartz;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Server.Hosting;

namespace QueueService.Server.Jobs;

/// <summary>Runs the jobs: Quartz.NET says when, the broker does the work, and this keeps what became of it. Starts
/// after the broker is open and ends before it is closed.</summary>
internal sealed class JobHost(
    ISchedulerFactory schedulers, BrokerHost host, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<JobHost> log) : IHostedService
{
    /// <summary>A run looks at its cancellation between two pages, which take milliseconds.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);

    /// <summary>Of the scheduler: says when jobs run, and not what they find.</summary>
    public static readonly TimeProvider Clock = TimeProvider.System;

    private readonly ConcurrentDictionary<string, JobState> _states =
        new(JobList.All.Select(job => KeyValuePair.Create(job.Name, new JobState(job))));

    private readonly ConcurrentDictionary<string, bool> _byHand = [];

    private IScheduler? _scheduler;

    private IScheduler Scheduler => _scheduler ?? throw new InvalidOperationException("The jobs are not started.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _scheduler = await schedulers.GetScheduler(cancellationToken);
        IReadOnlyCollection<string> paused = await host.Broker.PausedJobs();
        foreach (Job job in JobList.All)
        {
            await _scheduler.ScheduleJob(
                JobBuilder.Create<JobRun>().WithIdentity(job.Name).Build(), Trigger(job),
                cancellationToken: cancellationToken);
            if (!paused.Contains(job.Name)) continue;
            await _scheduler.PauseJob(new JobKey(job.Name), cancellationToken);
            Change(job.Name, static state => state with { Paused = true });
        }

        await _scheduler.Start(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_scheduler is null) return;
        try
        {
            // Also when connections have used up the time in which the host stops: runs end at their next page,
            // before the broker does.
            await _scheduler.Shutdown(waitForJobsToComplete: true, CancellationToken.None).AsTask()
                .WaitAsync(StopLimit, Clock, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            log.JobsStillRun((int)StopLimit.TotalSeconds);
        }
    }

    /// <summary>In the order of their declaration.</summary>
    public async ValueTask<List<JobState>> List()
    {
        var states = new List<JobState>();
        foreach (Job job in JobList.All) states.Add(await Get(job));
        return states;
    }

    public async ValueTask<JobState> Get(Job job)
    {
        JobState state = _states[job.Name];
        ITrigger? trigger = await Scheduler.GetTrigger(new TriggerKey(job.Name), CancellationToken.None);
        return state.Paused ? state : state with { NextRunAt = trigger?.NextFireTimeUtc?.ToUnixTimeMilliseconds() };
    }

    public bool IsRunning(Job job) => _states[job.Name].Running;

    /// <summary>Runs a job now, also when it is paused. Answers false when it runs already.</summary>
    public async ValueTask<bool> TryTrigger(Job job)
    {
        if (IsRunning(job)) return false;
        if (job.RunByHand is not null) _byHand[job.Name] = true;
        await Scheduler.TriggerJob(new JobKey(job.Name), null, CancellationToken.None);
        return true;
    }

    /// <summary>There is work for a job: it need not wait for its time, unless somebody paused it.</summary>
    public async ValueTask Hasten(string name)
    {
        if (!_states[name].Paused) await TryTrigger(_states[name].Job);
    }

    /// <summary>A paused job does not run by itself, also after a restart.</summary>
    public async ValueTask<BrokerError> Pause(Job job, bool paused, IdempotencyToken? token)
    {
        Result<bool> result = await host.Broker.PauseJob(job.Name, paused, token);
        if (!result.Succeeded || token is { IsReplayed: true }) return result.Error;
        if (paused) await Scheduler.PauseJob(new JobKey(job.Name), CancellationToken.None);
        else await Scheduler.ResumeJob(new JobKey(job.Name), CancellationToken.None);
        Change(job.Name, state => state with { Paused = paused });
        return BrokerError.None;
    }

    /// <summary>One run; whatever goes wrong ends this run only.</summary>
    public async Task Run(string name, CancellationToken cancellation)
    {
        long started = time.GetTimestamp();
        long at = time.GetUtcNow().ToUnixTimeMilliseconds();
        Change(name, state => state with { Running = true, LastRunAt = at });
        bool succeeded = false;
        string result;
        try
        {
            using CancellationTokenSource stop =
                CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
            Job job = _states[name].Job;
            Func<MessageBroker, CancellationToken, Task<string>> run =
                _byHand.TryRemove(name, out _) ? job.RunByHand ?? job.Run : job.Run;
            result = await run(host.Broker, stop.Token);
            succeeded = host.Health != BrokerHealth.StorageFailed;
            if (!succeeded) result = "The journal failed: nothing can be done until a restart.";
        }
        catch (Exception mistake)
        {
            // A root: the job has its next turn, and its state says what happened to this one.
            log.JobFailed(name, mistake);
            result = mistake.Message;
        }

        long took = (long)time.GetElapsedTime(started).TotalMilliseconds;
        Change(name, state => state with
        {
            Running = false,
            LastDurationMilliseconds = took,
            LastSucceeded = succeeded,
            LastResult = result,
        });
    }

    /// <summary>A run that is late, because the one before took longer or the machine is busy, is late, and the next
    /// one is counted from its end: nothing is made up for. What Quartz does about misfires otherwise spun on two
    /// threads and took 200 MB/s, when a trigger was more than its threshold late.</summary>
    private static ITrigger Trigger(Job job) => TriggerBuilder.Create()
        .WithIdentity(job.Name)
        .StartAt(Clock.GetUtcNow() + job.Interval)
        .WithSchedule(SimpleScheduleBuilder.Create()
            .WithInterval(job.Interval)
            .RepeatForever()
            .MeasureIntervalFromCompletion(true)
            .WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires))
        .Build();

    private void Change(string name, Func<JobState, JobState> change) =>
        _states.AddOrUpdate(name, _ => throw new KeyNotFoundException(name), (_, state) => change(state));
}
