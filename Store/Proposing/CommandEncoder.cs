using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Applying;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store.Proposing;

/// <summary>Turns transactions into a command, writing what tasks have in common once.</summary>
internal sealed class CommandEncoder(StoreView view)
{
    // A command rarely creates tasks of many services; a longer search would cost more than it saves.
    private const int MaxPartsSearched = 8;

    private readonly LogCommand _command = new();

    /// <summary>
    /// Encodes as many of <paramref name="transactions"/>, from number <paramref name="from"/> on, as fit a command of
    /// <paramref name="maxBytes"/>; at least one, whatever its size.
    /// </summary>
    public static LogCommand Encode(IReadOnlyList<StoreTransaction> transactions, StoreView view, int from = 0, int maxBytes = int.MaxValue)
    {
        var encoder = new CommandEncoder(view);
        var bytes = 0L;
        for (var i = from; i < transactions.Count && bytes < maxBytes; i++)
        {
            var transaction = encoder.Encode(transactions[i]);
            encoder._command.Transactions.Add(transaction);
            bytes += transaction.CalculateSize();
        }

        return encoder._command;
    }

    public static LogCommand Encode(string nodeId, string sessionId, IReadOnlyList<TaskStatusReport> reports)
    {
        var report = new LogStatusReport { NodeId = nodeId, SessionId = sessionId };
        foreach (var item in reports)
        {
            report.Items.Add(new LogStatusReport.Types.Item { TaskId = item.TaskId, Status = item.Status });
        }

        return new LogCommand { Report = report };
    }

    private LogTransaction Encode(StoreTransaction transaction)
    {
        var encoded = new LogTransaction { Term = transaction.Term, NewHistory = transaction.BeginsNewHistory };
        foreach (var condition in transaction.Conditions)
        {
            encoded.Conditions.Add(new LogCondition
            {
                Rule = condition.Rule,
                Kind = (int)condition.Kind,
                Id = condition.Id,
                Version = condition.Version,
                Key = condition.Key,
            });
        }

        foreach (var write in transaction.Writes)
        {
            encoded.Writes.Add(Encode(write));
        }

        return encoded;
    }

    private LogWrite Encode(StoreTransaction.Write write)
    {
        var encoded = new LogWrite { Action = write.Action, Kind = (int)write.Kind, Id = write.Id, Version = write.Version };
        if (write.Item is SwarmTask task)
        {
            encoded.Parts = PartsOf(task, write.Version);
            encoded.Content = (encoded.Parts == 0 ? task : ObjectCodec.WithoutParts(task)).ToByteString();
        }
        else if (write.Item is not null)
        {
            encoded.Content = write.Item.ToByteString();
            encoded.Name = PackedObject.Holds(write.Kind) ? UniqueNames.Of(write.Item) ?? "" : "";
        }

        return encoded;
    }

    private int PartsOf(SwarmTask task, ulong version)
    {
        // The write is refused unless the stored task still has this version, so its parts are the ones seen here.
        if (version != 0 && view.Find<SwarmTask>(task.Id) is { } stored && stored.Meta.Version.Index == version && SameParts(stored, task))
        {
            return -1;
        }

        for (var i = _command.TaskParts.Count - 1; i >= Math.Max(0, _command.TaskParts.Count - MaxPartsSearched); i--)
        {
            var known = _command.TaskParts[i];
            if (Same(known.Spec, task.Spec) && Same(known.ServiceAnnotations, task.ServiceAnnotations) && Same(known.Endpoint, task.Endpoint))
            {
                return i + 1;
            }
        }

        _command.TaskParts.Add(ObjectCodec.PartsOf(task));
        return _command.TaskParts.Count;
    }

    private static bool SameParts(SwarmTask a, SwarmTask b) =>
        Same(a.Spec, b.Spec) && Same(a.ServiceAnnotations, b.ServiceAnnotations) && Same(a.Endpoint, b.Endpoint);

    private static bool Same(object? a, object? b) => ReferenceEquals(a, b) || Equals(a, b);
}
