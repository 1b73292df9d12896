using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>Sends one message or a batch.</summary>
internal sealed class SendOperation(string name, IReadOnlyList<(string Body, long? Delay)> messages, bool partial)
    : Operation<Result<SendOutcome>>
{
    /// <summary>Version and flags.</summary>
    private const int HeaderBytes = 2;

    protected override ValueTask<Result<SendOutcome>> Call(MessageBroker broker)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Partial = partial;
        foreach ((string body, long? delay) in messages)
        {
            batch.Add(
                MessageHeaders.None, Encoding.UTF8.GetBytes(body), new SendOptions { DelayMilliseconds = delay });
        }

        return broker.Send(BrokerHarness.Name(name), batch);
    }

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);

        // Memory full of unwritten records: a refusal without effects that the model cannot foresee.
        if (queue is not null && Answer.Error == BrokerError.Overloaded) return;
        BrokerError[] errors = queue is null ? [] : [.. messages.Select(message => Check(queue, message))];
        BrokerError error = queue is null ? BrokerError.QueueNotFound
            : messages.Sum(static message => message.Body.Length + HeaderBytes + 32) > model.Options.Storage.JournalFileBytes / 2
                ? BrokerError.MessageTooLarge
            : partial ? BrokerError.None : errors.FirstOrDefault(static error => error != BrokerError.None);
        ThrowUnlessSame(error, Answer.Error, ToString());
        if (error == BrokerError.None) Add(queue!, errors, model.Now);
    }

    public override void AddEffects(Aftermath aftermath)
    {
        aftermath[name].HasPartialSends |= partial;
        aftermath[name].Sends.Add([.. messages.Select(static message => message.Body)]);
    }

    public override string ToString() => $"send to {name}{(partial ? " partially" : "")}: "
        + string.Join(", ", messages.Select(static message => $"{message.Body.Split('.')[0]} ({message.Body.Length} B, {message.Delay} ms)"));

    protected override string Describe(Result<SendOutcome> answer) =>
        $"{answer.Error} {answer.Value.FirstSequenceNumber} {answer.Value.Count} {answer.Value.SentAt}";

    private void Add(NaiveQueue queue, BrokerError[] errors, long now)
    {
        SendOutcome outcome = Answer.Value;
        bool allAccepted = errors.All(static error => error == BrokerError.None);
        ThrowUnlessSame(queue.Resource, outcome.Queue, "queue of an id");
        ThrowUnlessSame(queue.Config.Durability, outcome.Durability, "durability");
        ThrowUnlessSame(now, outcome.SentAt, "sent at");
        ThrowUnless(allAccepted ? outcome.Errors is null : errors.SequenceEqual(outcome.Errors!), "errors of a batch");
        ThrowUnlessSame(errors.Count(static error => error == BrokerError.None), outcome.Count, "accepted messages");
        if (outcome.Count == 0) return;
        ThrowUnless(
            outcome.FirstSequenceNumber == queue.NextSequence
            || (queue.MaySkip && outcome.FirstSequenceNumber > queue.NextSequence), $"offset {outcome.FirstSequenceNumber}");
        queue.MaySkip = false;
        long sequence = outcome.FirstSequenceNumber;
        for (int i = 0; i < messages.Count; i++)
            if (errors[i] == BrokerError.None) queue.Add(sequence++, messages[i].Body, now, DelayOf(queue, messages[i]));
    }

    private static long DelayOf(NaiveQueue queue, (string Body, long? Delay) message) =>
        message.Delay ?? queue.Config.DelaySeconds * 1000L;

    private static BrokerError Check(NaiveQueue queue, (string Body, long? Delay) message) =>
        message.Body.Length > queue.Config.MaxMessageBytes ? BrokerError.MessageTooLarge
        : DelayOf(queue, message) >= queue.Config.RetentionSeconds * 1000L ? BrokerError.DelayExceedsRetention
        : BrokerError.None;
}
