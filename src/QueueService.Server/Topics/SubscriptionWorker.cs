using System.Diagnostics.CodeAnalysis;
using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;

namespace QueueService.Server.Topics;

/// <summary>Hands the messages of one subscription on, as long as it exists. While there is nothing to do it is one
/// waiting receive.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "A source without a timer and a wait handle holds nothing to dispose of.")]
internal abstract class SubscriptionWorker
{
    /// <summary>After something that went wrong.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait of a receive, in milliseconds.</summary>
    protected const int LongWait = 60_000;

    private readonly BrokerHost _host;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private QueueDescription? _definition;
    private volatile SnsForm? _form;
    private CancellationTokenSource _current = new();
    private volatile bool _stopping;
    private volatile bool _hasEnded;
    private Action<SubscriptionWorker>? _ended;

    protected SubscriptionWorker(SubscriptionName name, BrokerHost host, ILogger log) =>
        (Name, _host, _log) = (name, host, log);

    public SubscriptionName Name { get; }

    public Task Completion { get; private set; } = Task.CompletedTask;

    public bool HasEnded => _hasEnded;

    /// <summary>What SNS's subscribers get; null for a subscription of `/v1`, and before it is read.</summary>
    public SnsForm? Form => _form;

    protected MessageBroker Broker => _host.Broker;

    protected BrokerHost Host => _host;

    protected ILogger Log => _log;

    protected bool IsStopping => _stopping;

    /// <summary>To be called when changes are told to it already: it reads its definition itself.</summary>
    /// <param name="ended">Is told when it has ended, for whatever reason.</param>
    public void Start(Action<SubscriptionWorker> ended)
    {
        _ended = ended;
        Completion = Run();
    }

    /// <summary>The definition has changed. To be called before whoever changed it is answered: what waits ends, so
    /// that a message that is published afterwards is handed on by the new one. What is under way goes on.</summary>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope",
        Justification = "A source without a timer and a wait handle holds nothing to dispose of.")]
    public void Renew()
    {
        CancellationTokenSource before;
        lock (_gate)
        {
            if (_stopping) return;
            (before, _definition, _current) = (_current, null, new CancellationTokenSource());
        }

        before.Cancel();
    }

    /// <summary>Begins nothing more. What is under way ends before <see cref="Completion"/>.</summary>
    public void Stop()
    {
        lock (_gate) _stopping = true;
        _current.Cancel();
    }

    /// <summary>Hands on what is there, or waits for it, for a while.</summary>
    /// <param name="current">Ends when the definition is not the current one any more.</param>
    /// <returns>What keeps it from going on; a pause follows.</returns>
    protected abstract Task<BrokerError> Step(QueueDescription definition, CancellationToken current);

    /// <summary>The form of SNS that holds for this definition, and null for a subscription of `/v1`.</summary>
    protected async ValueTask<Result<SnsForm?>> ReadForm(QueueDescription definition)
    {
        if (SnsSubscription.Of(definition.Config) is null) return _form = null;
        Result<QueueDescription> topic = await Broker.GetTopic(Name.Topic);
        if (!topic.Succeeded)
            return topic.Error == BrokerError.TopicNotFound ? BrokerError.SubscriptionNotFound : topic.Error;
        return _form = _host.Sns.FormOf(Name, definition.Config, topic.Value.Config);
    }

    /// <summary>Waits for what is under way.</summary>
    protected virtual Task Finish() => Task.CompletedTask;

    private async Task Run()
    {
        bool hasBegun = false;
        while (!_stopping)
        {
            (QueueDescription? definition, CancellationToken current) = Current();
            BrokerError error;
            try
            {
                // What an earlier process had leased is nobody's.
                error = hasBegun ? BrokerError.None : await Broker.ReleaseAll(Name);
                hasBegun |= error == BrokerError.None;
                if (hasBegun) error = definition is null ? await Read(current) : await Step(definition, current);
            }
            catch (OperationCanceledException) when (current.IsCancellationRequested)
            {
                continue;
            }
            catch (Exception mistake)
            {
                // A root: the subscription goes on after a pause, and the log says why it stood still.
                _log.SubscriptionFailed(Name.ToString(), mistake);
                error = BrokerError.Overloaded;
            }

            if (error == BrokerError.SubscriptionNotFound
                || _host.Health is not (BrokerHealth.Ready or BrokerHealth.DiskFull))
                break;
            if (error != BrokerError.None) await Rest(Pause, current);
        }

        await Finish();
        _hasEnded = true;
        _ended?.Invoke(this);
    }

    /// <summary>Waits, unless the definition changes.</summary>
    protected async Task Rest(TimeSpan time, CancellationToken current) =>
        await Task.Delay(time, _host.Time, current).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task<BrokerError> Read(CancellationToken current)
    {
        Result<QueueDescription> found = await Broker.GetSubscription(Name);
        lock (_gate)
        {
            if (found.Succeeded && _current.Token == current) _definition = found.Value;
        }

        return found.Error;
    }

    private (QueueDescription? Definition, CancellationToken Current) Current()
    {
        lock (_gate) return (_definition, _current.Token);
    }
}
