using System.Text;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Model;

/// <summary>One call, made on the broker and then, with its answer, on the model.</summary>
internal abstract class Operation
{
    public abstract bool IsAnswered { get; }

    /// <summary>The answer came with the turn that decided the call.</summary>
    public bool WasAnsweredAtOnce { get; set; }

    /// <summary>Calls the broker. The answer comes with one of the next turns.</summary>
    public abstract void Start(MessageBroker broker);

    /// <summary>Does the same on the model and compares the answers.</summary>
    public abstract void Apply(NaiveBroker model);

    /// <summary>The process died before the answer: says what may have happened.</summary>
    public virtual void AddEffects(Aftermath aftermath)
    {
    }

    public abstract void AddAnswerTo(AnswerHash hash);
}

/// <summary>A call with an answer of this type.</summary>
internal abstract class Operation<T> : Operation
{
    private Task<T>? _task;

    public override bool IsAnswered => _task is { IsCompleted: true };

    public T Answer => _task is { IsCompleted: true } task
        ? BrokerHarness.Answer(task)
        : throw new ModelMismatchException($"{this} has no answer");

    public override void Start(MessageBroker broker) => _task = Call(broker).AsTask();

    public override void AddAnswerTo(AnswerHash hash) => hash.Add(IsAnswered ? Describe(Answer) : "waits");

    protected abstract ValueTask<T> Call(MessageBroker broker);

    protected virtual string Describe(T answer) => $"{answer}";
}

/// <summary>FNV-1a over all that was answered.</summary>
internal sealed class AnswerHash
{
    public ulong Value { get; private set; } = 14695981039346656037;

    public void Add(string text)
    {
        foreach (byte part in Encoding.UTF8.GetBytes(text)) Value = (Value ^ part) * 1099511628211;
    }
}

/// <summary>What calls without an answer may have done to one queue.</summary>
internal sealed class QueueAftermath
{
    public bool Defined { get; set; }

    public bool Deleted { get; set; }

    public bool Purged { get; set; }

    public bool MayLease { get; set; }

    public bool MayTake { get; set; }

    public bool MayRepeat { get; set; }

    public bool HasPartialSends { get; set; }

    public List<IReadOnlyList<string>> Sends { get; } = [];

    public List<(Settlement Settlement, IReadOnlyList<ReceiptHandle> Receipts)> Settled { get; } = [];

    public HashSet<MessageId> Removed { get; } = [];

    public HashSet<MessageId> Rescheduled { get; } = [];

    public HashSet<ReceiptHandle> DeadLettered { get; } = [];
}

/// <summary>What calls without an answer may have done.</summary>
internal sealed class Aftermath
{
    private readonly Dictionary<string, QueueAftermath> _queues = [];

    public QueueAftermath this[string name]
    {
        get
        {
            if (!_queues.TryGetValue(name, out QueueAftermath? queue)) _queues.Add(name, queue = new QueueAftermath());
            return queue;
        }
    }
}
