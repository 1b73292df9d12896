using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Topics;

namespace QueueService.Server.Webhooks;

/// <summary>Delivers the messages of one subscription to its webhook: takes as many as the endpoint has room for, and
/// none while the circuit of its host is open.</summary>
/// <param name="abort">Ends attempts that run when the server stops: their messages are given back.</param>
internal sealed class WebhookDispatcher(
    SubscriptionName name, BrokerHost host, ILogger log, CancellationToken abort)
    : SubscriptionWorker(name, host, log)
{
    /// <summary>Outlasts the wait for a turn and the attempt. A process that dies needs no shorter one: the next begins
    /// with giving everything back.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    private readonly List<Task> _deliveries = [];
    private readonly OwnerInquiry _inquiry = new(name, host);
    private QueueDescription? _known;
    private SnsForm? _sns;
    private WebhookEndpoint? _endpoint;
    private EndpointGate? _gate;

    private WebhookHost Webhooks => Host.Webhooks;

    protected override async Task<BrokerError> Step(QueueDescription definition, CancellationToken current)
    {
        if (!ReferenceEquals(_known, definition))
        {
            Result<SnsForm?> form = await ReadForm(definition);
            if (!form.Succeeded) return form.Error;
            Open(definition, form.Value);
        }

        if (_sns is { Subscription.State: not SubscriptionState.Confirmed })
            return await Inquire(_sns, definition.ETag, current);
        WebhookEndpoint endpoint = _endpoint!;
        _deliveries.RemoveAll(static delivery => delivery.IsCompleted);
        int free = endpoint.MaxConcurrency - _deliveries.Count;
        if (free <= 0)
        {
            await Task.WhenAny(_deliveries).WaitAsync(current);
            return BrokerError.None;
        }

        CircuitStatus circuit = Webhooks.Circuits.Status(endpoint.Url.Authority);
        if (RestOf(circuit) is { } rest && rest > TimeSpan.Zero)
        {
            await Rest(rest, current);
            return BrokerError.None;
        }

        var request = new ReceiveRequest
        {
            // One of them finds out whether the host is back.
            Max = circuit.State == CircuitState.Closed ? free : 1,
            WaitMilliseconds = LongWait,
            VisibilityMilliseconds = (long)Lease.TotalMilliseconds,
            IsInternal = true,
        };
        Result<ReceivedMessages> received = await Broker.Receive(Name.Address, request, current);
        if (!received.Succeeded) return received.Error;
        using ReceivedMessages messages = received.Value;
        if (messages.Count > 0) await DeliverAll(endpoint, messages, current);
        return BrokerError.None;
    }

    /// <summary>Attempts that run end by themselves, or are aborted.</summary>
    protected override Task Finish() => Task.WhenAll(_deliveries);

    private void Open(QueueDescription definition, SnsForm? sns)
    {
        // Attempts of before count for the rate, unless the definition is another one.
        bool isNew = _known?.ETag != definition.ETag || sns is not null;
        (_known, _sns) = (definition, sns);
        if (!isNew) return;
        _endpoint = WebhookEndpoint.Open(definition, Webhooks.Secrets, sns);
        _gate = new EndpointGate(Host.Time, _endpoint.RatePerSecond, _endpoint.MaxConcurrency);
    }

    /// <summary>Nothing is delivered while the owner of the endpoint has not confirmed.</summary>
    private async Task<BrokerError> Inquire(SnsForm form, string etag, CancellationToken current)
    {
        if (await _inquiry.Step(form, etag, abort) is not { } rest) return BrokerError.SubscriptionNotFound;
        if (rest > TimeSpan.Zero) await Rest(rest, current);
        return BrokerError.None;
    }

    private TimeSpan? RestOf(CircuitStatus circuit) => circuit.State switch
    {
        CircuitState.Open => circuit.Until - Host.Time.GetUtcNow(),
        CircuitState.HalfOpen => Pause,
        _ => null,
    };

    private async Task DeliverAll(WebhookEndpoint endpoint, ReceivedMessages messages, CancellationToken current)
    {
        int begun = 0;
        TimeSpan wait = TimeSpan.Zero;
        try
        {
            while (begun < messages.Count)
            {
                if (!await TryBegin(endpoint, messages, begun, current)) break;
                begun++;
            }

            if (begun < messages.Count)
                wait = RestOf(Webhooks.Circuits.Status(endpoint.Url.Authority)) ?? TimeSpan.Zero;
        }
        finally
        {
            if (begun < messages.Count) await GiveBack(messages, begun, wait);
            await Host.ReportDamage(messages);
        }
    }

    /// <summary>Begins the n-th delivery when its endpoint's rate and the turns of all allow it. Answers false when the
    /// circuit does not.</summary>
    private async Task<bool> TryBegin(
        WebhookEndpoint endpoint, ReceivedMessages messages, int n, CancellationToken current)
    {
        EndpointGate gate = _gate!;
        while (!gate.TryEnter(out TimeSpan? wait))
            await Task.Delay(wait ?? Pause, Host.Time, current);
        if (!Webhooks.Circuits.TryEnter(endpoint.Url.Authority, out CircuitPermit permit, out _))
        {
            gate.Leave();
            return false;
        }

        bool begun = false;
        try
        {
            await Webhooks.Turns.Enter(current);
            begun = Begin(messages, n, new DeliveryPass(endpoint, gate, permit));
            if (!begun) Webhooks.Turns.Leave(0);
        }
        finally
        {
            if (!begun)
            {
                Webhooks.Circuits.Report(permit, failed: null);
                gate.Leave();
            }
        }

        return true;
    }

    /// <summary>Answers false when the message is damaged.</summary>
    private bool Begin(ReceivedMessages messages, int n, DeliveryPass pass)
    {
        if (!messages.TryRead(n, out MessageView view)) return false;
        var message = WebhookMessage.From(view, Name.Topic.Value, Name.Value);
        Webhooks.Turns.Charge(message.Body.Length);
        WebhookDelivery delivery = new(Name, message, view.Receipt, view.ReceiveCount);
        _deliveries.Add(delivery.Run(pass, Host, Log, abort));
        return true;
    }

    private async Task GiveBack(ReceivedMessages messages, int from, TimeSpan wait)
    {
        List<ReceiptHandle> receipts = [];
        for (int n = from; n < messages.Count; n++)
            if (messages.TryRead(n, out MessageView view)) receipts.Add(view.Receipt);
        // A fraction of a millisecond later the circuit lets one through.
        await Broker.GiveBack(Name, receipts, (long)Math.Ceiling(wait.TotalMilliseconds));
    }
}
