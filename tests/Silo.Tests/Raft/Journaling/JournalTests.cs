using System.Text;
using CsCheck;
using SwarmOrleans.Raft.Journaling;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Raft.Journaling;

/// <summary>What was flushed is there after any crash; what is damaged is named.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("journal-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task FlushedEntries_AreReadAgain()
    {
        await using (var journal = Journal.Open(_directory, 0, 0, 0, out var none))
        {
            Assert.Empty(none);
            await WriteAsync(journal, Enumerable.Range(1, 20).Select(i => Entry(i, 1)));
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"1:{i}"), await ReadAsync());
    }

    [Fact]
    public async Task EntryThatReplacesAnother_DropsWhatFollowed()
    {
        await using (var journal = Journal.Open(_directory, 0, 0, 0, out _))
        {
            await WriteAsync(journal, Enumerable.Range(1, 5).Select(i => Entry(i, 1)));
            await WriteAsync(journal, [Entry(3, 2)]);
        }

        Assert.Equal(["1:1", "1:2", "2:3"], await ReadAsync());
    }

    [Fact]
    public async Task RecordThatACrashCutOff_IsTheEnd_AndNothingOfItComesBack()
    {
        await using (var journal = Journal.Open(_directory, 0, 0, 0, out _))
        {
            await WriteAsync(journal, [Entry(1, 1), Entry(2, 1), Entry(3, 1)]);
        }

        Damage(Directory.GetFiles(_directory).Single(), from: 2);
        Assert.Equal(["1:1", "1:2"], await ReadAsync());
        await using (var journal = Journal.Open(_directory, 0, 0, 0, out _))
        {
            await WriteAsync(journal, [Entry(3, 2)]);
        }

        Assert.Equal(["1:1", "1:2", "2:3"], await ReadAsync());
    }

    [Fact]
    public async Task DamageBeforeAWholeRecord_IsReportedWithItsPlace()
    {
        await using (var journal = Journal.Open(_directory, 0, 0, 0, out _))
        {
            await WriteAsync(journal, [Entry(1, 1), Entry(2, 1), Entry(3, 1)]);
        }

        var file = Directory.GetFiles(_directory).Single();
        Damage(file, from: 1);
        var e = await Assert.ThrowsAsync<LogCorruptException>(ReadAsync);
        Assert.Equal((file, Length(1)), (e.File, e.Offset));
    }

    [Fact]
    public async Task DamageToWhatWasCommitted_IsReported()
    {
        await using (var journal = Journal.Open(_directory, 0, 0, 0, out _))
        {
            await WriteAsync(journal, [Entry(1, 1), Entry(2, 1), Entry(3, 1)]);
        }

        Damage(Directory.GetFiles(_directory).Single(), from: 2);
        var e = Assert.Throws<LogCorruptException>(() => Journal.Open(_directory, 0, 0, committedIndex: 3, out _));
        Assert.Equal(2 * Length(1), e.Offset);
    }

    [Fact]
    public async Task TailThatASnapshotOfALaterLeaderHasOvertaken_IsNotReadAgain()
    {
        await using (var journal = Journal.Open(_directory, 0, 0, 0, out _))
        {
            await WriteAsync(journal, Enumerable.Range(1, 6).Select(i => Entry(i, 1)));
        }

        await using (var journal = Journal.Open(_directory, 4, snapshotTerm: 2, 0, out var overtaken))
        {
            Assert.Empty(overtaken);
            await WriteAsync(journal, [Entry(5, 2)]);
        }

        await using (var again = Journal.Open(_directory, 4, snapshotTerm: 2, 0, out var entries))
        {
            Assert.Equal(["2:5"], entries.Select(Text));
        }
    }

    [Fact]
    public async Task EntryLongerThanAFile_IsReadAgain()
    {
        var payload = new byte[JournalFile.DefaultLength + 1];
        payload[^1] = 7;
        await using (var journal = Journal.Open(_directory, 0, 0, 0, out _))
        {
            await WriteAsync(journal, [new JournalEntry(1, 1, null, false, payload), Entry(2, 1)]);
        }

        await using (var again = Journal.Open(_directory, 0, 0, 0, out var entries))
        {
            Assert.Equal([1L, 2], entries.Select(e => e.Index));
            Assert.True(entries[0].Payload.Span.SequenceEqual(payload));
        }
    }

    [Fact]
    public async Task MissingFile_IsReported()
    {
        for (var i = 1; i <= 3; i++)
        {
            await using var journal = Journal.Open(_directory, 0, 0, 0, out _);
            await WriteAsync(journal, [Entry(i, 1)]);
        }

        File.Delete(JournalFile.List(_directory)[1]);
        await Assert.ThrowsAsync<LogCorruptException>(ReadAsync);
    }

    [Fact]
    public async Task FilesBeforeASnapshot_AreDropped_AndTheRestIsRead()
    {
        for (var i = 1; i <= 3; i++)
        {
            await using var journal = Journal.Open(_directory, 0, 0, 0, out _);
            await WriteAsync(journal, [Entry(i, 1)]);
        }

        await using (var journal = Journal.Open(_directory, 2, 1, 0, out var entries))
        {
            Assert.Equal([3], entries.Select(e => e.Index));
            journal.DropUpTo(2);
        }

        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task AnyHistoryOfAppendsReplacementsAndRestarts_IsWhatAListHolds()
    {
        var step = Gen.Select(Gen.Int[0, 3], Gen.Int[1, 6], Gen.Int[0, 40]);
        await step.List[1, 30].SampleAsync(async steps =>
        {
            var directory = Directory.CreateTempSubdirectory("journal-").FullName;
            var model = new List<string>();
            var term = 0;
            var journal = Journal.Open(directory, 0, 0, 0, out _);
            foreach (var (kind, count, back) in steps)
            {
                if (kind == 0)
                {
                    await journal.DisposeAsync();
                    journal = Journal.Open(directory, 0, 0, 0, out var entries);
                    Assert.Equal(model, entries.Select(Text));
                    continue;
                }

                var from = kind == 1 ? Math.Max(0, model.Count - back) : model.Count;
                model.RemoveRange(from, model.Count - from);
                term++;
                var written = Enumerable.Range(from + 1, count).Select(i => Entry(i, term)).ToList();
                model.AddRange(written.Select(Text));
                await WriteAsync(journal, written);
            }

            await journal.DisposeAsync();
            Directory.Delete(directory, recursive: true);
        }, iter: 20, threads: 1);
    }

    private static JournalEntry Entry(int index, int term) => new(index, term, null, false, Encoding.UTF8.GetBytes($"{term}:{index}"));

    private static string Text(JournalEntry entry) => Encoding.UTF8.GetString(entry.Payload.Span);

    private static int Length(int index) => JournalRecord.HeaderLength + Encoding.UTF8.GetByteCount($"1:{index}");

    private static async Task WriteAsync(Journal journal, IEnumerable<JournalEntry> entries)
    {
        var ticket = 0L;
        foreach (var entry in entries)
        {
            ticket = journal.Add(entry);
        }

        await journal.FlushAsync(ticket, Stop);
    }

    // The records here are of one length.
    private static void Damage(string file, int from)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.Seek((from * Length(1)) + JournalRecord.HeaderLength, SeekOrigin.Begin);
        stream.WriteByte(0xff);
    }

    private async Task<List<string>> ReadAsync()
    {
        await using var journal = Journal.Open(_directory, 0, 0, 0, out var entries);
        return [.. entries.Select(Text)];
    }
}
