using System.Runtime.CompilerServices;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control.Watching;

/// <summary>Streams of changes for clients (D.3), served from this manager's replica. A slow client costs nobody anything: it is told to start over.</summary>
public sealed class Watches(ISwarmStore store)
{
    /// <summary>
    /// A message at once, with the version that the stream begins after; then one a transaction that has what was asked for. Without entries every
    /// transaction is told, by its version alone. Secrets come without their data, clusters without their keys.
    /// </summary>
    /// <exception cref="UseCaseException">The request breaks a rule, or the version to resume from is not known any more, or not yet.</exception>
    public async IAsyncEnumerable<WatchMessage> WatchAsync(WatchRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var selectors = request.Entries.Select(e => new WatchSelector(e)).ToList();
        var after = request.ResumeFrom?.Index ?? store.Current.Version;
        if (after > store.Current.Version && after > (await store.ViewAsync(cancellationToken)).Version)
        {
            throw UseCaseException.Invalid($"resume_from: version {after} is not reached yet");
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var batches = store.WatchAsync(after, ending.Token).GetAsyncEnumerator(ending.Token);
        var next = MoveAsync(batches);
        try
        {
            if (next.IsFaulted)
            {
                await next;
            }

            yield return new WatchMessage { Version = new ObjectVersion { Index = after } };
            while (await next)
            {
                foreach (var message in Messages(batches.Current, after, selectors, request.IncludeOldObject))
                {
                    yield return message;
                }

                next = MoveAsync(batches);
            }
        }
        finally
        {
            // The feed must not be left while it is asked for more.
            await ending.CancelAsync();
            await Task.WhenAny(next);
        }
    }

    private static async Task<bool> MoveAsync(IAsyncEnumerator<ChangeBatch> batches)
    {
        try
        {
            return await batches.MoveNextAsync();
        }
        catch (CompactedException e)
        {
            throw UseCaseException.Precondition($"changes after version {e.Version} are no longer known: list the objects again and watch from there");
        }
    }

    private static IEnumerable<WatchMessage> Messages(ChangeBatch batch, ulong after, List<WatchSelector> selectors, bool withOld)
    {
        WatchMessage? message = null;
        foreach (var change in batch.Changes.Where(c => c.Version > after))
        {
            if (message is not null && message.Version.Index != change.Version)
            {
                yield return message;
                message = null;
            }

            if (selectors.Count > 0 && !selectors.Exists(s => s.Matches(change)))
            {
                continue;
            }

            message ??= new WatchMessage { Version = new ObjectVersion { Index = change.Version } };
            if (selectors.Count > 0)
            {
                message.Events.Add(EventOf(change, withOld));
            }
        }

        if (message is not null)
        {
            yield return message;
        }
    }

    private static WatchMessage.Types.Event EventOf(in StoreChange change, bool withOld) => new()
    {
        Action = WatchSelector.ActionOf(change.Action),
        Object = WatchKinds.Show((change.New ?? change.Old)!),
        OldObject = withOld && change is { Action: ChangeAction.Update, Old: { } old } ? WatchKinds.Show(old) : null,
    };
}
